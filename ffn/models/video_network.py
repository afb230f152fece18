"""What conversion, training and evaluation need to know of a network over clips."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from ffn.models.frame_context import FrameContext


class VideoNetwork(nn.Module):
    """Takes clips (B, T, 3, H, W), float and normalised, and returns logits (B, num_classes)."""

    architecture: dict[str, Any]
    """The arguments of ``ffn.create_model`` that rebuild it."""
    context: FrameContext
    """The frame counts with private parts, and what the layers must know of the current clips."""
    backbone_name: str
    """As in ``TrainingSettings.backbone``: resnet50, tsn_tiny, r3d_18, package.module:function."""
    classifier_name: str
    """Name of the submodule that makes the logits."""
    scaled_layers: Sequence[str]
    """Names of the convolutions and linear layers whose input channels weight alteration scales."""
