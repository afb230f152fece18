"""Predictions of one network at many frame counts, each video decoded once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ffn.data.bad_clips import BadClip
from ffn.data.clips import Batch

TOP = 5


@dataclass(frozen=True)
class CountPredictions:
    """Predictions at one frame count, one row per video that can be read; ``bad`` are the others.

    ``top_classes`` (N, 5) class indices in falling order of probability (-1 beyond the number of classes),
    ``probability`` (N,) of the label, ``indices`` (N,) the video's place in its split, ``labels`` (N,).
    """

    indices: np.ndarray
    labels: np.ndarray
    top_classes: np.ndarray
    probability: np.ndarray
    bad: tuple[BadClip, ...] = ()

    @property
    def top1(self) -> float:
        """Per cent of the videos whose label is the most probable class."""
        return 100 * float(np.mean(self.top_classes[:, 0] == self.labels))

    @property
    def top5(self) -> float:
        """Per cent of the videos whose label is among the five most probable classes."""
        return 100 * float(np.mean((self.top_classes == self.labels[:, None]).any(axis=1)))

    @property
    def loss(self) -> float:
        """Mean cross-entropy."""
        return float(np.mean(-np.log(np.maximum(self.probability, np.finfo(np.float32).tiny))))

    @classmethod
    def of(
        cls, probabilities: Tensor, labels: Tensor, indices: Tensor, bad: Sequence[BadClip] = ()
    ) -> "CountPredictions":
        """From predicted distributions (N, classes)."""
        top = probabilities.topk(min(TOP, probabilities.shape[1])).indices
        return cls(
            indices=indices.numpy(),
            labels=labels.numpy(),
            top_classes=F.pad(top, (0, TOP - top.shape[1]), value=-1).numpy(),
            probability=probabilities.gather(1, labels[:, None])[:, 0].numpy(),
            bad=tuple(bad),
        )


@torch.inference_mode()
def predict(
    model: nn.Module, batches: Iterable[Batch], frame_counts: Sequence[int], device: torch.device
) -> dict[int, CountPredictions]:
    """What ``model`` predicts for every video of ``batches`` at each frame count.

    A clip that cannot be read counts nowhere. Raises ValueError when that is so for all of them.
    """
    model.eval()
    probabilities: dict[int, list[Tensor]] = {count: [] for count in frame_counts}
    labels, indices, bad = [], [], []
    for batch in batches:
        bad.extend(batch.bad)
        if not len(batch):
            continue
        labels.append(batch.labels)
        indices.append(batch.indices)
        for count in frame_counts:
            logits = model(batch.normalised(count, device))
            probabilities[count].append(logits.float().softmax(dim=1).cpu())
    if not labels:
        raise ValueError("there is no clip to evaluate" + "".join(f"; {clip}" for clip in bad[:1]))
    return {
        count: CountPredictions.of(torch.cat(probabilities[count]), torch.cat(labels), torch.cat(indices), bad)
        for count in frame_counts
    }
