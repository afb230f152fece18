"""Several networks as one: the mean of their predicted distributions (FFN paper, Table 1)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Ensemble(nn.Module):
    """Every member sees the same clips (B, T, 3, H, W); the answer is the log of their mean distribution.

    Used as logits it gives that distribution back.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, clips: Tensor) -> Tensor:
        log_probabilities = torch.stack([member(clips).float().log_softmax(dim=1) for member in self.members])
        return log_probabilities.logsumexp(dim=0) - math.log(len(self.members))
