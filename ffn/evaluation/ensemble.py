"""An ensemble: the mean of several networks' predicted distributions (FFN paper, Table 1)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Ensemble(nn.Module):
    """All members see the same clips (B, T, 3, H, W); returns the log of their mean distribution.

    The softmax of the output is that distribution again, so it can be used as logits.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, clips: Tensor) -> Tensor:
        log_probabilities = torch.stack([member(clips).float().log_softmax(dim=1) for member in self.members])
        return log_probabilities.logsumexp(dim=0) - math.log(len(self.members))
