"""Weight alteration: a private scale per frame count on the input channels of a shared convolution (FFN paper, 3.3)."""

from typing import Self

import torch
from torch import Tensor, nn

from ffn.models.temporal_shift import FrameConv2d


class AlteredConv2d(FrameConv2d):
    """The paper's y = x + w * x before a convolution, computed as a scale 1 + w on the weight's input channels.

    The two are the same function, and scaling the weight costs nothing per pixel. ``alteration`` maps each trained
    frame count to its w (C_in,).
    """

    alteration: nn.ParameterDict

    @classmethod
    def altering(cls, conv: FrameConv2d, frame_counts: tuple[int, ...], initial_std: float | None) -> Self:
        """``conv`` with one scale per count, drawn from N(0, ``initial_std``²); None: from N(0, 2/C_in).

        Raises ValueError for a grouped convolution: its weight does not have all input channels.
        """
        if conv.groups > 1:
            raise ValueError(
                f"alteration: the weight of a convolution with {conv.groups} groups cannot be scaled by input channel"
            )
        std = (2 / conv.in_channels) ** 0.5 if initial_std is None else initial_std
        altered = cls.replacing(conv, conv.context, shifts=conv.shifts)
        altered.alteration = nn.ParameterDict(
            {str(count): nn.Parameter(torch.randn(conv.in_channels) * std) for count in frame_counts}
        )
        return altered

    def effective_weight(self) -> Tensor:
        scale = 1 + self.alteration[str(self.context.trained_count)]
        return self.weight * scale[None, :, None, None]
