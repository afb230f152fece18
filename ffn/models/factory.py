"""Networks by name."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from torchvision.models import get_model_weights

from ffn.models.frame_flexible import NEAR_ZERO_STD, frame_flexible
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
    normalisation: bool = True,
    alteration: bool = True,
    weight_sharing: bool = True,
    alteration_std: float | None = NEAR_ZERO_STD,
) -> TSM:
    """The network ``name``: ``tsm_`` or ``ffn_`` followed by ``resnet18``, ``resnet50``, ``resnet101`` or ``tiny``.

    ``frame_counts`` and the four arguments at the end belong to ``ffn_*`` alone (see ``frame_flexible``). ``weights``
    are the backbone's start: None, "imagenet" (torchvision's V1, which it downloads), or the path of a torchvision
    state dict; FFN's every branch starts from them. ``training_window`` is described in ``FrameContext``.

    Forward takes (B, T, 3, H, W) float, normalised, and returns (B, num_classes). ``model.architecture`` keeps what
    rebuilds the network. Raises ValueError for an unknown name, naming the known ones.
    """
    if name not in MODEL_NAMES:
        raise ValueError(f"name must be one of {', '.join(MODEL_NAMES)}, got {name!r}")
    kind, backbone_name = name.split("_")
    model = TSM(_backbone(backbone_name, weights), num_classes, dropout=dropout, training_window=training_window)
    architecture = {"name": name, "num_classes": num_classes, "dropout": dropout, "training_window": training_window}
    if kind == "ffn":
        parts = {
            "normalisation": normalisation,
            "alteration": alteration,
            "weight_sharing": weight_sharing,
            "alteration_std": alteration_std,
        }
        model = frame_flexible(model, frame_counts, **parts)
        architecture |= {"frame_counts": list(model.context.frame_counts), **parts}
    model.architecture = architecture
    return model.to(memory_format=torch.channels_last)  # a fifth faster to train on a CPU, and what tensor cores want


def _backbone(name: str, weights: str | Path | None) -> nn.Module:
    backbone = BACKBONES[name]()
    if weights is None:
        return backbone
    if weights == "imagenet":
        if name == "tiny":
            raise ValueError("weights: there are no ImageNet weights for the tiny network, leave weights=None")
        state = get_model_weights(name).IMAGENET1K_V1.get_state_dict(check_hash=True)
    else:
        state = torch.load(weights, map_location="cpu", weights_only=True)
    backbone.load_state_dict(state)
    return backbone
