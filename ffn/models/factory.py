"""Networks by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ffn.models.backbone_weights import load_backbone_weights
from ffn.models.clip_network import ClipNetwork, check_frame_counts
from ffn.models.families import CLIP_FAMILIES, FAMILIES
from ffn.models.families.own import is_own, own_family
from ffn.models.frame_flexible import NEAR_ZERO_STD, frame_flexible
from ffn.models.parts import Parts
from ffn.models.tsm import CLASSIFIER_STD, TSM
from ffn.models.video_network import VideoNetwork

FLEXIBLE, SHIFTED, UNSHIFTED = "ffn_", "tsm_", "tsn_"
BACKBONES = f"{', '.join(FAMILIES)}, {UNSHIFTED} and one of these; {', '.join(CLIP_FAMILIES)}, package.module:function"
NAMES = (
    f"{FLEXIBLE}, {SHIFTED} or {UNSHIFTED} + one of {', '.join(FAMILIES)}; or one of {', '.join(CLIP_FAMILIES)} or "
    f"package.module:function, also with {FLEXIBLE}"
)


def is_backbone(name: str) -> bool:
    """Whether ``name`` can be ``TrainingSettings.backbone``; of package.module:function, whether it is well formed."""
    return is_frame_by_frame(name) or name in CLIP_FAMILIES or (is_own(name) and not name.startswith(FLEXIBLE))


def is_frame_by_frame(backbone: str) -> bool:
    """Whether a clip of any length is taken, at so many times the cost of a frame."""
    return backbone.removeprefix(UNSHIFTED) in FAMILIES


def plain_name(backbone: str) -> str:
    """The name in ``create_model`` of ``TrainingSettings.backbone`` without private parts: tsm_resnet50, r3d_18."""
    return f"{SHIFTED}{backbone}" if backbone in FAMILIES else backbone


def create_model(
    name: str,
    num_classes: int,
    frame_counts: Sequence[int] = (4, 8, 16),
    *,
    weights: str | Path | None = None,
    dropout: float = 0.5,
    training_window: int | None = None,
    shift_every: int = 1,
    shift: bool = True,
    classifier_std: float | None = CLASSIFIER_STD,
    alteration_std: float | None = NEAR_ZERO_STD,
    **parts: bool,
) -> VideoNetwork:
    """The network ``name``: ``tsm_``, ``tsn_`` (no shift) or ``ffn_`` and an image network, such as tsm_resnet50; or a
    network over clips, such as r3d_18, or package.module:function for one's own (``ffn.models.families.own``), as it is
    or with ``ffn_``.

    ``frame_counts``, ``alteration_std`` and ``parts`` apply only to ``ffn_*`` (see ``frame_flexible``). ``weights`` are
    the initial weights: None, "imagenet" for image networks and "kinetics" for those over clips (torchvision's V1,
    downloaded), or the path of a state dict with torchvision's names or in its order (``ffn.models.backbone_weights``);
    every private part of an FFN starts from them.
    The others are for image networks; those over clips keep what they are built with. ``training_window``: see
    ``FrameContext``.
    ``shift_every`` is 2 for the official TSM repository's ResNet-101, which shifts in every second block of a stage;
    FFN's alteration is applied where the network shifts. The FFN authors' networks shift in every block.
    ``shift=False`` gives an FFN without any shift; ``tsn_*`` never shifts.
    ``classifier_std`` is the initial standard deviation of the classifier's weights, with biases of zero; None keeps
    torch's default, uniform in ±1/sqrt(features) for both.

    Forward takes (B, T, 3, H, W) float, normalised, and returns (B, num_classes). ``model.architecture`` has the
    arguments to rebuild the network. Raises ValueError for an unknown name, for ``shift_every`` below 1, for frame
    counts that a network over clips does not take, and for weights that cannot be opened or downloaded or do not fit;
    FileNotFoundError for a missing weights file.
    """
    private = Parts(**parts)
    if shift_every < 1:
        raise ValueError(f"shift_every must be at least 1, got {shift_every}")
    flexible, backbone = name.startswith(FLEXIBLE), name.removeprefix(FLEXIBLE)
    image_name = backbone.removeprefix(SHIFTED).removeprefix(UNSHIFTED)
    if image_name in FAMILIES and (flexible or backbone != image_name):
        shared = {"dropout": dropout, "training_window": training_window, "shift_every": shift_every}
        shared |= {"shift": shift and not backbone.startswith(UNSHIFTED)}
        model: VideoNetwork = _tsm(image_name, num_classes, weights, classifier_std=classifier_std, **shared)
    elif backbone in CLIP_FAMILIES or is_own(backbone):
        model = _clip_network(backbone, num_classes, frame_counts if flexible else (), weights)
    else:
        raise ValueError(f"name must be {NAMES}, got {name!r}")
    if flexible:
        model = frame_flexible(model, frame_counts, alteration_std=alteration_std, **private.as_dict())
    # A fifth faster to train on a CPU, preferred by tensor cores; weights of 3D convolutions stay as they are.
    return model.to(memory_format=torch.channels_last) if image_name in FAMILIES else model


def _tsm(
    name: str, num_classes: int, weights: str | Path | None, *, classifier_std: float | None, **shared: Any
) -> TSM:
    family = FAMILIES[name]
    backbone = family.build()
    if weights is not None:
        load_backbone_weights(backbone, family, family.head, weights)
    model = TSM(family, backbone, num_classes, classifier_std=classifier_std, **shared)
    shown = shared if not shared["shift"] else {key: value for key, value in shared.items() if key != "shift"}
    kind = SHIFTED if shared["shift"] else UNSHIFTED
    model.architecture = {"name": f"{kind}{name}", "num_classes": num_classes, **shown}
    return model


def _clip_network(name: str, num_classes: int, frame_counts: Sequence[int], weights: str | Path | None) -> ClipNetwork:
    family = CLIP_FAMILIES[name] if name in CLIP_FAMILIES else own_family(name)
    network = family.build(num_classes)
    model = ClipNetwork.of(family, network)
    if weights is not None:
        load_backbone_weights(network, family, model.classifier_name.removeprefix("network."), weights)
    model.architecture = {"name": name, "num_classes": num_classes}
    if name in CLIP_FAMILIES:
        check_frame_counts(model, frame_counts, family.size)
    return model
