"""Weight alteration: a private scale per frame count on the input channels of a shared layer (FFN paper, 3.3)."""

from collections.abc import Sequence
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ffn.models.frame_context import FrameContext
from ffn.models.temporal_shift import CONVOLUTION_OPTIONS, FrameConv2d, like

LINEAR_OPTIONS = ("in_features", "out_features")


class Altered(nn.Module):
    """The paper's y = x + w * x before a layer, computed as a scale 1 + w on the weight's input channels.

    The two are the same function, and scaling the weight costs nothing per pixel. ``alteration`` maps each trained
    frame count to its w (C_in,).
    """

    alteration: nn.ParameterDict
    context: FrameContext
    weight: Tensor

    def give_scales(self, context: FrameContext, frame_counts: Sequence[int], initial_std: float | None) -> Self:
        """Give it one scale per count; see ``altered``."""
        channels = self.weight.shape[1]
        std = (2 / channels) ** 0.5 if initial_std is None else initial_std
        scales = {str(count): (torch.randn(channels) * std).to(self.weight) for count in frame_counts}
        self.context = context
        self.alteration = nn.ParameterDict({count: nn.Parameter(scale) for count, scale in scales.items()})
        return self

    def effective_weight(self) -> Tensor:
        """The weight with the scales of the current clips."""
        scale = 1 + self.alteration[str(self.context.trained_count)]
        return self.weight * scale.view(1, -1, *[1] * (self.weight.dim() - 2))

    def merged(self) -> nn.Module:
        """The plain layer with the weight of the current clips."""
        plain = self.without_scales()
        plain.weight = nn.Parameter(self.effective_weight())
        return plain

    def without_scales(self) -> nn.Module:
        """The plain layer with the shared weight."""
        raise NotImplementedError


class AlteredConv2d(Altered, FrameConv2d):
    """A convolution over frames, shifted or not."""

    def without_scales(self) -> nn.Module:
        return FrameConv2d.replacing(self, self.context, shifts=self.shifts)


class AlteredConv3d(Altered, nn.Conv3d):
    """A convolution over space and time."""

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.effective_weight(), self.bias)

    def without_scales(self) -> nn.Module:
        return like(self, nn.Conv3d, CONVOLUTION_OPTIONS)


class AlteredLinear(Altered, nn.Linear):
    """A linear layer, such as the first of a transformer's MLP."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.effective_weight(), self.bias)

    def without_scales(self) -> nn.Module:
        return like(self, nn.Linear, LINEAR_OPTIONS)


def altered(layer: nn.Module, context: FrameContext, frame_counts: Sequence[int], initial_std: float | None) -> Altered:
    """``layer`` with one scale per count, drawn from N(0, ``initial_std``²); None: from N(0, 2/C_in).

    Raises ValueError for a grouped convolution, whose weight does not have all input channels, and for a layer of
    another type or with a forward of its own.
    """
    if getattr(layer, "groups", 1) > 1:
        raise ValueError(
            f"alteration: the weight of a convolution with {layer.groups} groups cannot be scaled by input channel"
        )
    return _with_place_for_scales(layer, context).give_scales(context, frame_counts, initial_std)


def _with_place_for_scales(layer: nn.Module, context: FrameContext) -> Any:
    if isinstance(layer, FrameConv2d):
        return AlteredConv2d.replacing(layer, context, shifts=layer.shifts)
    if isinstance(layer, nn.Conv3d) and type(layer).forward is nn.Conv3d.forward:
        return like(layer, AlteredConv3d, CONVOLUTION_OPTIONS)
    if isinstance(layer, nn.Linear) and type(layer).forward is nn.Linear.forward:
        return like(layer, AlteredLinear, LINEAR_OPTIONS)
    raise ValueError(f"alteration: a {type(layer).__name__} cannot be scaled, scaled_layers must name Conv3d or Linear")
