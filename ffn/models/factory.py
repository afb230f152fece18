"""Networks by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ffn.models.families import FAMILIES
from ffn.models.families.family import Family
from ffn.models.frame_flexible import NEAR_ZERO_STD, frame_flexible
from ffn.models.parts import Parts
from ffn.models.state_dicts import checked_state_dict, read_torch_file
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
    the backbone's initial weights: None, "imagenet" (torchvision's V1, downloaded), or the path of a torchvision state
    dict; every private part of an FFN starts from them. ``training_window``: see ``FrameContext``.
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
    kind, _, backbone = name.partition("_")
    if kind not in KINDS or backbone not in FAMILIES:
        raise ValueError(f"name must be one of {', '.join(KINDS)} + _ + one of {', '.join(FAMILIES)}, got {name!r}")
    if shift_every < 1:
        raise ValueError(f"shift_every must be at least 1, got {shift_every}")
    family, shifts = FAMILIES[backbone], shift and kind != "tsn"
    shared: dict[str, Any] = {"dropout": dropout, "training_window": training_window, "shift_every": shift_every}
    model = TSM(family, _backbone(family, weights), num_classes, **shared, shift=shifts, classifier_std=classifier_std)
    model.architecture = {"name": f"{'tsm' if shifts else 'tsn'}_{backbone}", "num_classes": num_classes, **shared}
    if not shifts:
        model.architecture["shift"] = False
    if kind == "ffn":
        model = frame_flexible(model, frame_counts, alteration_std=alteration_std, **private.as_dict())
    return model.to(memory_format=torch.channels_last)  # a fifth faster to train on a CPU, preferred by tensor cores


def _backbone(family: Family, weights: str | Path | None) -> nn.Module:
    backbone = family.build()
    if weights is None:
        return backbone
    state = _imagenet_weights(family) if weights == "imagenet" else read_torch_file(weights)
    wanted = {key: value.shape for key, value in backbone.state_dict().items()}
    backbone.load_state_dict(checked_state_dict(state, wanted, f"weights: {weights}"))
    return backbone


def _imagenet_weights(family: Family) -> dict[str, Tensor]:
    if family.weights is None:
        raise ValueError(f"weights: there are no ImageNet weights for the {family.name} network, leave weights=None")
    try:
        return family.weights.get_state_dict(check_hash=True)
    except OSError as error:
        raise ValueError(f"weights: torchvision's file cannot be downloaded ({error}), pass a local copy") from error
