"""Networks by name."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import get_model_weights

from ffn.models.frame_flexible import NEAR_ZERO_STD, frame_flexible
from ffn.models.parts import Parts
from ffn.models.state_dicts import checked_state_dict, read_torch_file
from ffn.models.tsm import BACKBONES, TSM

MODEL_NAMES = tuple(f"{kind}_{backbone}" for kind in ("tsm", "ffn") for backbone in BACKBONES)


def create_model(
    name: str,
    num_classes: int,
    frame_counts: Sequence[int] = (4, 8, 16),
    *,
    weights: str | Path | None = None,
    dropout: float = 0.5,
    training_window: int | None = None,
    shift_every: int = 1,
    alteration_std: float | None = NEAR_ZERO_STD,
    **parts: bool,
) -> TSM:
    """The network ``name``: ``tsm_`` or ``ffn_`` followed by ``resnet18``, ``resnet50``, ``resnet101`` or ``tiny``.

    ``frame_counts``, ``alteration_std`` and ``parts`` belong to ``ffn_*`` alone (see ``frame_flexible``). ``weights``
    are the backbone's start: None, "imagenet" (torchvision's V1, which it downloads), or the path of a torchvision
    state dict; FFN's every branch starts from them. ``training_window`` is described in ``FrameContext``.
    ``shift_every`` is 2 in the official TSM repository's ResNet-101, whose stages shift in every second block only;
    FFN's alteration goes where the shift goes. The FFN authors' networks shift in every block at every depth.

    Forward takes (B, T, 3, H, W) float, normalised, and returns (B, num_classes). ``model.architecture`` keeps what
    rebuilds the network. Raises ValueError for an unknown name, naming the known ones, for ``shift_every`` below 1 and
    for weights that cannot be opened or fetched or do not fit, and FileNotFoundError for a missing weights file.
    """
    private = Parts(**parts)
    if name not in MODEL_NAMES:
        raise ValueError(f"name must be one of {', '.join(MODEL_NAMES)}, got {name!r}")
    if shift_every < 1:
        raise ValueError(f"shift_every must be at least 1, got {shift_every}")
    kind, backbone_name = name.split("_")
    shared = {"dropout": dropout, "training_window": training_window, "shift_every": shift_every}
    model = TSM(_backbone(backbone_name, weights), num_classes, **shared)
    model.architecture = {"name": f"tsm_{backbone_name}", "num_classes": num_classes, **shared}
    if kind == "ffn":
        model = frame_flexible(model, frame_counts, alteration_std=alteration_std, **private.as_dict())
    return model.to(memory_format=torch.channels_last)  # a fifth faster to train on a CPU, and what tensor cores want


def _backbone(name: str, weights: str | Path | None) -> nn.Module:
    backbone = BACKBONES[name]()
    if weights is None:
        return backbone
    state = _imagenet_weights(name) if weights == "imagenet" else read_torch_file(weights)
    wanted = {key: value.shape for key, value in backbone.state_dict().items()}
    backbone.load_state_dict(checked_state_dict(state, wanted, f"weights: {weights}"))
    return backbone


def _imagenet_weights(name: str) -> dict[str, Tensor]:
    if name == "tiny":
        raise ValueError("weights: there are no ImageNet weights for the tiny network, leave weights=None")
    try:
        return get_model_weights(name).IMAGENET1K_V1.get_state_dict(check_hash=True)
    except OSError as error:
        raise ValueError(f"weights: torchvision's file cannot be fetched ({error}), name a local copy") from error
