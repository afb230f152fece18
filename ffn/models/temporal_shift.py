"""The temporal shift of TSM (Lin et al., ICCV 2019) and the convolution that it precedes."""

from collections.abc import Sequence
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, nn

from ffn.models.frame_context import FrameContext

SHIFTED_SHARE = 8
CONVOLUTION_OPTIONS = (
    "in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode",
)  # fmt: skip
Layer = TypeVar("Layer", bound=nn.Module)


def like(layer: Any, kind: type[Layer], options: Sequence[str]) -> Layer:
    """A layer of type ``kind`` with the ``options`` and the parameters of the convolution or linear ``layer``."""
    made: Any = kind(
        **{name: getattr(layer, name) for name in options}, bias=layer.bias is not None, device=layer.weight.device
    )
    made.weight, made.bias = layer.weight, layer.bias
    return made


def temporal_shift(x: Tensor, num_frames: int) -> Tensor:
    """Replace 1/8 of the channels by the next frame's and 1/8 by the previous frame's, with zeros at the clip's ends.

    ``x`` is (B*T, C, H, W), each clip T = ``num_frames`` consecutive rows; clips do not mix.
    Raises ValueError if the rows are not a whole number of clips.
    """
    if x.shape[0] % num_frames:
        raise ValueError(f"{x.shape[0]} frames are not a whole number of clips of num_frames={num_frames}")
    return _TemporalShift.apply(x, num_frames)


class _TemporalShift(torch.autograd.Function):
    """The gradient of a shift is the reverse shift; autograd's, through five copies, costs a tenth of a step."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, num_frames: int) -> Tensor:
        ctx.num_frames = num_frames
        fold = x.shape[1] // SHIFTED_SHARE
        return _shifted(x, num_frames, from_next=slice(fold), from_previous=slice(fold, 2 * fold))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        fold = gradient.shape[1] // SHIFTED_SHARE
        back = _shifted(gradient, ctx.num_frames, from_next=slice(fold, 2 * fold), from_previous=slice(fold))
        return back, None


def _shifted(x: Tensor, num_frames: int, *, from_next: slice, from_previous: slice) -> Tensor:
    x_BTCHW = x.unflatten(0, (-1, num_frames))
    shifted = torch.empty_like(x)
    shifted_BTCHW = shifted.unflatten(0, (-1, num_frames))
    shifted_BTCHW[:, :-1, from_next] = x_BTCHW[:, 1:, from_next]
    shifted_BTCHW[:, -1, from_next].zero_()  # assigned, a compiled step would wait for a 0 on the CPU
    shifted_BTCHW[:, 1:, from_previous] = x_BTCHW[:, :-1, from_previous]
    shifted_BTCHW[:, 0, from_previous].zero_()
    unshifted = max(from_next.stop, from_previous.stop)
    shifted[:, unshifted:] = x[:, unshifted:]
    return shifted


class FrameConv2d(nn.Conv2d):
    """A convolution over the frames of clips; with ``shifts`` its input is temporally shifted.

    Its parameters have the same names as those of the convolution it replaces.
    """

    context: FrameContext
    shifts: bool

    @classmethod
    def replacing(cls, conv: nn.Conv2d, context: FrameContext, *, shifts: bool) -> Self:
        """A convolution with the options and the parameters of ``conv``."""
        replaced = like(conv, cls, CONVOLUTION_OPTIONS)
        replaced.context, replaced.shifts = context, shifts
        return replaced

    def effective_weight(self) -> Tensor:
        """The weight of the convolution, (C_out, C_in / groups, h, w)."""
        return self.weight

    def forward(self, x: Tensor) -> Tensor:
        if self.shifts:
            x = temporal_shift(x, self.context.shift_window)
        return self._conv_forward(x, self.effective_weight(), self.bias)
