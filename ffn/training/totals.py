"""Training loss and accuracy of an epoch, by frame count."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from ffn.training.objectives import SequenceResult
from ffn.workers import all_gather

EpochRow = dict[str, float]


class SequenceTotals:
    """Sums of losses and hits per frame count, kept on the device so that a step needs no synchronisation."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.sums: dict[int, Tensor] = {}

    def add(self, results: Mapping[int, SequenceResult], labels: Tensor) -> None:
        """Add one batch."""
        for count, result in results.items():
            hits = (result.logits.argmax(1) == labels).sum()
            clips = torch.full((), float(len(labels)), dtype=torch.float64, device=self.device)
            row = torch.stack([result.loss.double() * len(labels), hits.double(), clips])
            self.sums[count] = self.sums.get(count, 0) + row

    def means(self) -> EpochRow:
        """Over all workers: ``train_loss_N`` and ``train_top1_N`` (per cent) for each count N.

        Raises FloatingPointError if a loss was not finite.
        """
        row: EpochRow = {}
        nothing = torch.zeros(3, dtype=torch.float64)
        of_workers = all_gather({count: total.cpu() for count, total in self.sums.items()})
        for count in sorted(self.sums):
            loss, hits, clips = sum((sums[count] for sums in of_workers), nothing).tolist()
            if not math.isfinite(loss):
                raise FloatingPointError(f"the training loss at {count} frames is {loss}: lower lr, or clip gradients")
            row |= {f"train_loss_{count}": loss / clips, f"train_top1_{count}": 100 * hits / clips}
        return row
