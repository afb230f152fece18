"""Temporal kernels: a private depth-wise filter over time per frame count, instead of the shift and its scales.

The shift is a filter that takes some channels from the next frame, some from the previous and the others from the frame
itself. A kernel starts as that filter and is trained, so each count can learn the mixture for its stride.
"""

from typing import Any, Self

import torch
from torch import Tensor, nn

from ffn.models.frame_context import FrameContext, PerFrameCount
from ffn.models.temporal_shift import SHIFTED_SHARE, FrameConv2d

TAPS = 3
PREVIOUS, SAME, NEXT = range(TAPS)


class TemporalKernel(nn.Module):
    """Per channel, a weighted sum of the previous, the same and the next frame, with zeros at the clip's ends.

    ``weight`` is (3, C). Input and output are (B*T, C, H, W); clips have the same boundaries as for the shift.
    """

    def __init__(self, channels: int, context: FrameContext, *, shifts: bool) -> None:
        super().__init__()
        self.context = context
        fold = channels // SHIFTED_SHARE if shifts else 0
        weight = torch.zeros(TAPS, channels)
        weight[NEXT, :fold] = 1
        weight[PREVIOUS, fold : 2 * fold] = 1
        weight[SAME, 2 * fold :] = 1
        self.weight = nn.Parameter(weight)

    def forward(self, x: Tensor) -> Tensor:
        return _FilterOverTime.apply(x, self.weight, self.context.shift_window)


class TemporalKernelConv2d(FrameConv2d):
    """A convolution preceded by a trained kernel per frame count instead of its shift."""

    temporal_kernels: PerFrameCount

    @classmethod
    def filtering(cls, conv: FrameConv2d, frame_counts: tuple[int, ...]) -> Self:
        """``conv`` with one kernel per count, initialised to what ``conv`` does: the shift, or nothing."""
        filtered = cls.replacing(conv, conv.context, shifts=conv.shifts)
        kernels = {
            count: TemporalKernel(conv.in_channels, conv.context, shifts=conv.shifts).to(conv.weight)
            for count in frame_counts
        }
        filtered.temporal_kernels = PerFrameCount(kernels, conv.context)
        return filtered

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(self.temporal_kernels(x), self.weight, self.bias)


class _FilterOverTime(torch.autograd.Function):
    """Keeps only the input for the backward pass; autograd would keep a copy per tap."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, num_frames: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.num_frames = num_frames
        return _filtered(x, weight, num_frames)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        of_input, of_weight, _ = ctx.needs_input_grad
        return (
            _filtered(gradient, weight.flip(0), ctx.num_frames) if of_input else None,
            _weight_gradient(x, gradient, ctx.num_frames).to(weight) if of_weight else None,
            None,
        )


def _filtered(x: Tensor, weight: Tensor, num_frames: int) -> Tensor:
    taps = weight.to(x.dtype)[:, :, None, None]
    x_BTCHW = x.unflatten(0, (-1, num_frames))
    filtered = x * taps[SAME]
    filtered_BTCHW = filtered.unflatten(0, (-1, num_frames))
    filtered_BTCHW[:, 1:].addcmul_(x_BTCHW[:, :-1], taps[PREVIOUS])
    filtered_BTCHW[:, :-1].addcmul_(x_BTCHW[:, 1:], taps[NEXT])
    return filtered


def _weight_gradient(x: Tensor, gradient: Tensor, num_frames: int) -> Tensor:
    x_BTCHW, gradient_BTCHW = (values.unflatten(0, (-1, num_frames)) for values in (x, gradient))
    pairs = {
        PREVIOUS: (x_BTCHW[:, :-1], gradient_BTCHW[:, 1:]),
        SAME: (x_BTCHW, gradient_BTCHW),
        NEXT: (x_BTCHW[:, 1:], gradient_BTCHW[:, :-1]),
    }
    exact = torch.promote_types(x.dtype, torch.float32)
    sums = {tap: (before * after).sum((0, 1, 3, 4), dtype=exact) for tap, (before, after) in pairs.items()}
    return torch.stack([sums[tap] for tap in range(TAPS)])
