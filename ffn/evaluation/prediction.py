"""Predictions at many frame counts, averaged over a video's views; every video is decoded once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ffn.data.batches import Batch
from ffn.data.videos import BadClip
from ffn.workers import all_gather

TOP = 5


@dataclass(frozen=True)
class CountPredictions:
    """Predictions at one frame count, one row per readable video; ``bad`` lists the unreadable ones.

    ``top_classes`` (N, 5): class indices by descending probability (-1 beyond the number of classes),
    ``top_probabilities`` (N, 5): theirs (0 there), ``probability`` (N,): of the label, ``indices`` (N,): the video's
    position in its split, ``labels`` (N,).
    """

    indices: np.ndarray
    labels: np.ndarray
    top_classes: np.ndarray
    top_probabilities: np.ndarray
    probability: np.ndarray
    bad: tuple[BadClip, ...] = ()

    @property
    def top1(self) -> float:
        """Percentage of videos whose label is the most probable class."""
        return 100 * float(np.mean(self.top_classes[:, 0] == self.labels))

    @property
    def top5(self) -> float:
        """Percentage of videos whose label is among the five most probable classes."""
        return 100 * float(np.mean((self.top_classes == self.labels[:, None]).any(axis=1)))

    @property
    def loss(self) -> float:
        """Mean cross-entropy."""
        return float(np.mean(-np.log(np.maximum(self.probability, np.finfo(np.float32).tiny))))

    @classmethod
    def of(cls, probabilities: Tensor, labels: Tensor, indices: Tensor) -> "CountPredictions":
        """From predicted distributions (N, classes)."""
        top = probabilities.topk(min(TOP, probabilities.shape[1]))
        missing = (0, TOP - top.indices.shape[1])
        return cls(
            indices=indices.numpy(),
            labels=labels.numpy(),
            top_classes=F.pad(top.indices, missing, value=-1).numpy(),
            top_probabilities=F.pad(top.values, missing).numpy(),
            probability=probabilities.gather(1, labels[:, None])[:, 0].numpy(),
        )

    @classmethod
    def joined(cls, parts: Sequence["CountPredictions"], bad: Sequence[BadClip]) -> "CountPredictions":
        """All ``parts`` together, ordered by the video's position in its split."""
        names = ("indices", "labels", "top_classes", "top_probabilities", "probability")
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        order = np.argsort(arrays["indices"], kind="stable")
        return cls(**{name: array[order] for name, array in arrays.items()}, bad=tuple(bad))


def predict(
    model: nn.Module, batches: Iterable[Batch], frame_counts: Sequence[int], device: torch.device
) -> dict[int, CountPredictions]:
    """Predictions of ``model`` for every video of ``batches`` at each frame count; see ``predict_with_each``."""
    return predict_with_each(dict.fromkeys(frame_counts, model), batches, device)


@torch.inference_mode()
def predict_with_each(
    models: Mapping[int, nn.Module], batches: Iterable[Batch], device: torch.device
) -> dict[int, CountPredictions]:
    """Predictions of one network per frame count for every video of ``batches``.

    With several workers each passes the batches of its shard (``ffn.workers.shard``) and gets the predictions of all.
    Unreadable clips are not counted. Raises ValueError if no clip can be read.
    """
    for model in models.values():
        model.eval()
    parts: list[dict[int, CountPredictions]] = []
    bad: list[BadClip] = []
    for batch in batches:
        bad.extend(batch.bad)
        if len(batch):
            parts.append(_predict(models, batch.to(device)))
    all_parts = [part for of_worker in all_gather(parts) for part in of_worker]
    all_bad = [clip for of_worker in all_gather(bad) for clip in of_worker]
    if not all_parts:
        raise ValueError("there is no clip to evaluate" + "".join(f"; {clip}" for clip in all_bad[:1]))
    return {count: CountPredictions.joined([part[count] for part in all_parts], all_bad) for count in models}


def _predict(models: Mapping[int, nn.Module], batch: Batch) -> dict[int, CountPredictions]:
    return {
        count: CountPredictions.of(of_clips.cpu(), batch.labels, batch.indices)
        for count, of_clips in distributions(models, batch).items()
    }


@torch.inference_mode()
def distributions(models: Mapping[int, nn.Module], batch: Batch) -> dict[int, Tensor]:
    """The classes' probabilities (B, classes) by each frame count's network, in evaluation mode, mean over views."""
    return {count: _mean_of_views(model, batch, count) for count, model in models.items()}


def _mean_of_views(model: nn.Module, batch: Batch, count: int) -> Tensor:
    """(B, classes). Views run one by one, so several need no more memory than one."""
    views = [model(batch.normalised(count, view)).float().softmax(dim=1) for view in range(batch.num_views)]
    return torch.stack(views).mean(dim=0)
