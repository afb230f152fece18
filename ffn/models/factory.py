"""Networks by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ffn.models.backbone_weights import load_backbone_weights
from ffn.models.families import FAMILIES
from ffn.models.frame_flexible import NEAR_ZERO_STD, frame_flexible
from ffn.models.parts import Parts
from ffn.models.tsm import CLASSIFIER_STD, TSM

KINDS = ("tsm", "tsn", "ffn")


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
) -> TSM:
    """The network ``name``: ``tsm_``, ``tsn_`` (no shift) or ``ffn_``, and the name of a family in ``FAMILIES``.

    ``frame_counts``, ``alteration_std`` and ``parts`` apply only to ``ffn_*`` (see ``frame_flexible``). ``weights`` are
    the backbone's initial weights: None, "imagenet" (torchvision's V1, downloaded), or the path of a state dict with
    torchvision's names or in its order (``ffn.models.backbone_weights``); every private part of an FFN starts from
    them. ``training_window``: see ``FrameContext``.
    ``shift_every`` is 2 for the official TSM repository's ResNet-101, which shifts in every second block of a stage;
    FFN's alteration is applied where the network shifts. The FFN authors' networks shift in every block.
    ``shift=False`` gives an FFN without any shift; ``tsn_*`` never shifts.
    ``classifier_std`` is the initial standard deviation of the classifier's weights, with biases of zero; None keeps
    torch's default, uniform in ±1/sqrt(features) for both.

    Forward takes (B, T, 3, H, W) float, normalised, and returns (B, num_classes). ``model.architecture`` has the
    arguments to rebuild the network. Raises ValueError for an unknown name, for ``shift_every`` below 1, and for
    weights that cannot be opened or downloaded or do not fit; FileNotFoundError for a missing weights file.
    """
    private = Parts(**parts)
    kind, _, family_name = name.partition("_")
    if kind not in KINDS or family_name not in FAMILIES:
        raise ValueError(f"name must be one of {', '.join(KINDS)} + _ + one of {', '.join(FAMILIES)}, got {name!r}")
    if shift_every < 1:
        raise ValueError(f"shift_every must be at least 1, got {shift_every}")
    family, shifts = FAMILIES[family_name], shift and kind != "tsn"
    shared: dict[str, Any] = {"dropout": dropout, "training_window": training_window, "shift_every": shift_every}
    backbone = family.build()
    if weights is not None:
        load_backbone_weights(backbone, family, weights)
    model = TSM(family, backbone, num_classes, **shared, shift=shifts, classifier_std=classifier_std)
    model.architecture = {"name": f"{'tsm' if shifts else 'tsn'}_{family_name}", "num_classes": num_classes, **shared}
    if not shifts:
        model.architecture["shift"] = False
    if kind == "ffn":
        model = frame_flexible(model, frame_counts, alteration_std=alteration_std, **private.as_dict())
    return model.to(memory_format=torch.channels_last)  # a fifth faster to train on a CPU, preferred by tensor cores
