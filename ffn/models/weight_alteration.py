"""Weight alteration: a private scale per frame count on the input channels of a shared convolution (FFN paper, 3.3)."""

import torch
from torch import Tensor, nn

from ffn.models.temporal_shift import ShiftedConv2d


class AlteredConv2d(ShiftedConv2d):
    """The paper's y = x + w * x before a convolution, computed as a scale 1 + w of the weight's input channels.

    The two are the same function, and scaling the weight costs nothing per pixel. ``alteration`` holds one w of shape
    (C_in,) per trained frame count, under the count as its key.
    """

    alteration: nn.ParameterDict

    @classmethod
    def altering(cls, conv: ShiftedConv2d, frame_counts: tuple[int, ...], initial_std: float) -> "AlteredConv2d":
        """``conv`` with one scale per count, drawn from N(0, ``initial_std``²)."""
        altered = cls.replacing(conv, conv.context)
        altered.alteration = nn.ParameterDict(
            {str(count): nn.Parameter(torch.randn(conv.in_channels) * initial_std) for count in frame_counts}
        )
        return altered

    def effective_weight(self) -> Tensor:
        scale = 1 + self.alteration[str(self.context.trained_count)]
        return self.weight * scale[None, :, None, None]
