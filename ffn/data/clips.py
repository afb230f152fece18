"""Videos become clips: sampled, decoded once for every frame count wanted, cropped, and shipped as bytes.

All randomness of a clip is keyed by its request, so neither the number of workers nor an interruption changes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ffn.data.bad_clips import BadClip
from ffn.data.cropping import CropGeometry, TrainingCrop, centre_box, crop_frames, training_box
from ffn.data.decoding import decode
from ffn.data.frame_sampling import FrameSampling, ShortVideos, evaluation_indices, training_indices
from ffn.data.reading import Box, Frames, ReadFrames
from ffn.data.videos import UnreadableVideoError, Video

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class ClipPreparation:
    """How a video becomes a clip."""

    geometry: CropGeometry
    sampling: FrameSampling = "segments"
    """Of frames in training."""
    evaluation_sampling: FrameSampling = "centre"
    """The same draw for the same video wherever it is random."""
    crop: TrainingCrop = "random"
    short_videos: ShortVideos = "first"


@dataclass(frozen=True, kw_only=True)
class ClipRequest:
    """One video's clips at several frame counts; without ``random_key`` as in evaluation, else random in that key."""

    index: int
    frame_counts: tuple[int, ...]
    random_key: tuple[int, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The clips of one video: its distinct ``frames`` (N, H, W, 3) uint8, ``rows`` frame count -> (T,) of them."""

    index: int
    label: int
    frames: Tensor
    rows: dict[int, Tensor]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Clips of several videos: ``frames`` (N, H, W, 3) uint8, all that the videos' clips need, each once;
    ``rows`` frame count -> (B, T) of them; ``labels`` and ``indices`` (B,).

    ``bad`` are the clips that were asked for and cannot be read. Where they are all, B is 0 and ``rows`` is empty.
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
        """The batch in parts of ``clips`` clips (None: whole); no part for an empty batch."""
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

    def clips(self, count: int) -> Tensor:
        """The clips at one frame count (B, T, 3, H, W) uint8."""
        rows = self.rows[count]
        return self.frames.index_select(0, rows.flatten()).unflatten(0, rows.shape).movedim(-1, -3)

    def normalised(self, count: int) -> Tensor:
        """The clips at one frame count, float, with ImageNet's mean and deviation."""
        return normalise(self.clips(count))


class ClipDataset(Dataset):
    """Answers ``ClipRequest``s over a list of videos, whose frames ``read`` gets (``decode`` or what does the same).

    With ``flip`` half of the random clips are mirrored. A video that cannot be read is answered with a ``BadClip``.
    """

    def __init__(
        self, videos: Sequence[Video], preparation: ClipPreparation, read: ReadFrames = decode, *, flip: bool = False
    ) -> None:
        self.videos = videos
        self.preparation = preparation
        self.read = read
        self.flip = flip

    def __len__(self) -> int:
        return len(self.videos)

    def __getitem__(self, request: ClipRequest) -> Sample | BadClip:
        video = self.videos[request.index]
        try:
            return self._sample(video, request)
        except UnreadableVideoError as error:
            return self._bad_clip(request.index, error.reason)

    def readable(self) -> list[int]:
        """Indices of the videos that no manifest calls unreadable."""
        return [index for index, video in enumerate(self.videos) if not video.unreadable]

    def unreadable(self) -> list[BadClip]:
        """The other videos."""
        return [self._bad_clip(index, video.unreadable) for index, video in enumerate(self.videos) if video.unreadable]

    def _bad_clip(self, index: int, reason: str) -> BadClip:
        video = self.videos[index]
        return BadClip(index=index, id=video.id, path=str(video.path), reason=reason)

    def _sample(self, video: Video, request: ClipRequest) -> Sample:
        if video.unreadable:
            raise UnreadableVideoError(video.path, video.unreadable)
        rng = None if request.random_key is None else np.random.default_rng(request.random_key)

        def choose(length: int) -> list[np.ndarray]:
            return self._indices(video.usable_length(length), request, rng)

        frames, rows = self.read(video.path, choose)
        pixels = crop_frames(frames, self._boxes(frames, rng), self.preparation.geometry.size)
        if self.flip and rng is not None and rng.random() < 0.5:
            pixels = pixels.flip(-2)
        rows_of_count = {count: torch.from_numpy(chosen) for count, chosen in zip(request.frame_counts, rows)}
        return Sample(index=request.index, label=video.label, frames=pixels, rows=rows_of_count)

    def _indices(self, length: int, request: ClipRequest, rng: np.random.Generator | None) -> list[np.ndarray]:
        how, sampling = self.preparation, self.preparation.sampling
        if rng is None:
            if how.evaluation_sampling == "centre":
                return [evaluation_indices(length, count, how.short_videos) for count in request.frame_counts]
            rng, sampling = np.random.default_rng(request.index), how.evaluation_sampling
        return [
            training_indices(length, count, rng, sampling=sampling, short_videos=how.short_videos)
            for count in request.frame_counts
        ]

    def _boxes(self, frames: Frames, rng: np.random.Generator | None) -> list[Box]:
        num_frames, height, width = frames.shape
        how = self.preparation
        if rng is None:
            return [centre_box(height, width, how.geometry)]
        crops = num_frames if how.crop == "per_frame" else 1
        return [training_box(height, width, how.geometry, how.crop, rng) for _ in range(crops)]


def normalise(pixels: Tensor) -> Tensor:
    """uint8 (..., 3, H, W) to floats with ImageNet's mean and deviation, channels last in memory.

    Decoders deliver channels last and convolutions want them: no pixel changes its place.
    """
    width = pixels.shape[-1]
    scale, shift = _scale_and_shift(pixels.device, torch.get_default_dtype(), width)
    rows = pixels.movedim(-3, -1).flatten(-2).to(scale.dtype).mul_(scale).add_(shift)
    return rows.unflatten(-1, (width, 3)).movedim(-1, -3)


@cache
def _scale_and_shift(device: torch.device, dtype: torch.dtype, width: int) -> tuple[Tensor, Tensor]:
    """Of a row's 3 * ``width`` values, over which processors run in one go.

    Once per device: a GPU is waited for whenever values are copied to it from unlocked memory.
    """
    with torch.inference_mode(False):  # tensors made in inference mode could not be used in training
        mean, std = torch.tensor(IMAGENET_MEAN, dtype=dtype), torch.tensor(IMAGENET_STD, dtype=dtype)
        scale, shift = 1 / (255 * std), -mean / std
        return scale.repeat(width).to(device), shift.repeat(width).to(device)
