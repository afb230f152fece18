"""Batches of clips as bytes: what the loader's processes send and networks consume."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from typing import Self

import torch
from torch import Tensor

from ffn.data.videos import BadClip

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The clips of one video: its distinct cropped ``frames`` (N, H, W, 3) uint8; ``rows``: count -> (V, T) indices."""

    index: int
    label: int
    frames: Tensor
    rows: dict[int, Tensor]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Clips of several videos: ``frames`` (N, H, W, 3) uint8, every frame that a clip needs, once;
    ``rows``: frame count -> (B, V, T) indices into them, V views; ``labels`` and ``indices`` (B,).

    ``bad`` lists the requested clips that cannot be read. If none can, B is 0 and ``rows`` is empty.
    """

    frames: Tensor
    rows: dict[int, Tensor]
    labels: Tensor
    indices: Tensor
    bad: tuple[BadClip, ...] = ()

    @classmethod
    def of(cls, answers: Sequence[Sample | BadClip]) -> Self:
        """Join the samples of one batch."""
        samples = [answer for answer in answers if isinstance(answer, Sample)]
        counts = samples[0].rows if samples else ()
        starts = list(accumulate((len(sample.frames) for sample in samples), initial=0))
        return cls(
            frames=torch.cat([sample.frames for sample in samples] or [torch.empty(0, dtype=torch.uint8)]),
            rows={
                count: torch.stack([start + sample.rows[count] for start, sample in zip(starts, samples)])
                for count in counts
            },
            labels=torch.tensor([sample.label for sample in samples], dtype=torch.int64),
            indices=torch.tensor([sample.index for sample in samples], dtype=torch.int64),
            bad=tuple(answer for answer in answers if isinstance(answer, BadClip)),
        )

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, clips: int | None) -> list[Self]:
        """Parts of ``clips`` clips (None: the whole batch); none for an empty batch."""
        if clips is None:
            return [self] if len(self) else []
        return [self._part(slice(start, start + clips)) for start in range(0, len(self), clips)]

    def pin_memory(self) -> Self:
        """The batch in page-locked memory (called by the DataLoader)."""
        rows = {count: rows.pin_memory() for count, rows in self.rows.items()}
        return replace(self, frames=self.frames.pin_memory(), rows=rows, labels=self.labels.pin_memory())

    def to(self, device: torch.device) -> Self:
        """The batch with its frames on ``device``; labels and indices stay."""
        rows = {count: rows.to(device, non_blocking=True) for count, rows in self.rows.items()}
        return replace(self, frames=self.frames.to(device, non_blocking=True), rows=rows)

    def _part(self, clips: slice) -> Self:
        rows = {count: rows[clips] for count, rows in self.rows.items()}
        return replace(self, rows=rows, labels=self.labels[clips], indices=self.indices[clips], bad=())

    @property
    def num_views(self) -> int:
        """V, the same at every frame count; 1 in training."""
        return next(iter(self.rows.values())).shape[1] if self.rows else 0

    def clips(self, count: int, view: int = 0) -> Tensor:
        """One view of the clips at one frame count (B, T, 3, H, W) uint8."""
        rows = self.rows[count][:, view]
        return self.frames.index_select(0, rows.flatten()).unflatten(0, rows.shape).movedim(-1, -3)

    def normalised(self, count: int, view: int = 0) -> Tensor:
        """The same as floats, normalised with ImageNet's mean and standard deviation."""
        return normalise(self.clips(count, view))


def normalise(pixels: Tensor) -> Tensor:
    """uint8 (..., 3, H, W) to floats with ImageNet's mean and standard deviation, channels last in memory.

    Decoders produce channels last and convolutions prefer it, so pixels are not moved.
    """
    width = pixels.shape[-1]
    scale, shift = _scale_and_shift(pixels.device, torch.get_default_dtype(), width)
    rows = pixels.movedim(-3, -1).flatten(-2).to(scale.dtype).mul_(scale).add_(shift)
    return rows.unflatten(-1, (width, 3)).movedim(-1, -3)


@cache
def _scale_and_shift(device: torch.device, dtype: torch.dtype, width: int) -> tuple[Tensor, Tensor]:
    """Scale and shift for a row's 3 * ``width`` values, a length that CPUs vectorise well.

    Cached per device: a copy from pageable memory synchronises with the GPU.
    """
    with torch.inference_mode(False):  # inference tensors could not be used in training
        mean, std = torch.tensor(IMAGENET_MEAN, dtype=dtype), torch.tensor(IMAGENET_STD, dtype=dtype)
        scale, shift = 1 / (255 * std), -mean / std
        return scale.repeat(width).to(device), shift.repeat(width).to(device)
