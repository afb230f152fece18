"""Videos become clips: sampled, decoded once for every frame count wanted, cropped, and shipped as bytes.

All randomness of a clip is keyed by its request, so neither the number of workers nor an interruption changes it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ffn.data.cropping import Box, CropGeometry, TrainingCrop, centre_box, crop_frames, training_box
from ffn.data.decoding import Choose, decode
from ffn.data.frame_sampling import FrameSampling, ShortVideos, evaluation_indices, training_indices
from ffn.data.labels import Video

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

ReadFrames = Callable[[Path, Choose], tuple[np.ndarray, list[np.ndarray]]]


@dataclass(frozen=True, kw_only=True)
class ClipPreparation:
    """How a video becomes a clip."""

    geometry: CropGeometry
    sampling: FrameSampling = "segments"
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
    """The clips of one video: frame count -> (T, 3, H, W) uint8."""

    index: int
    label: int
    clips: dict[int, Tensor]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Clips of several videos: ``clips`` frame count -> (B, T, 3, H, W) uint8, ``labels`` and ``indices`` (B,)."""

    clips: dict[int, Tensor]
    labels: Tensor
    indices: Tensor

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Self:
        """Stack the samples of one batch."""
        counts = samples[0].clips
        return cls(
            clips={count: torch.stack([sample.clips[count] for sample in samples]) for count in counts},
            labels=torch.tensor([sample.label for sample in samples]),
            indices=torch.tensor([sample.index for sample in samples]),
        )

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, clips: int | None) -> list[Self]:
        """The batch in parts of ``clips`` clips (None: whole)."""
        if clips is None:
            return [self]
        return [self._rows(slice(start, start + clips)) for start in range(0, len(self), clips)]

    def pin_memory(self) -> Self:
        """The batch in page-locked memory (called by the DataLoader)."""
        pinned = {count: clips.pin_memory() for count, clips in self.clips.items()}
        return type(self)(clips=pinned, labels=self.labels.pin_memory(), indices=self.indices)

    def _rows(self, rows: slice) -> Self:
        clips = {count: clips[rows] for count, clips in self.clips.items()}
        return type(self)(clips=clips, labels=self.labels[rows], indices=self.indices[rows])

    def normalised(self, count: int, device: torch.device) -> Tensor:
        """The clips at one frame count on ``device``, float, with ImageNet's mean and deviation."""
        return normalise(self.clips[count].to(device, non_blocking=True))


class ClipDataset(Dataset):
    """Answers ``ClipRequest``s over a list of videos, whose frames ``read`` gets (``decode`` or a ``DecodedCache``)."""

    def __init__(self, videos: Sequence[Video], preparation: ClipPreparation, read: ReadFrames = decode) -> None:
        self.videos = videos
        self.preparation = preparation
        self.read = read

    def __len__(self) -> int:
        return len(self.videos)

    def __getitem__(self, request: ClipRequest) -> Sample:
        video = self.videos[request.index]
        rng = None if request.random_key is None else np.random.default_rng(request.random_key)
        frames, rows = self.read(video.path, lambda length: self._indices(length, request.frame_counts, rng))
        pixels = crop_frames(frames, self._boxes(frames, rng), self.preparation.geometry.size)
        clips = {count: pixels[torch.from_numpy(chosen)] for count, chosen in zip(request.frame_counts, rows)}
        return Sample(index=request.index, label=video.label, clips=clips)

    def _indices(self, length: int, counts: Sequence[int], rng: np.random.Generator | None) -> list[np.ndarray]:
        how = self.preparation
        if rng is None:
            return [evaluation_indices(length, count, how.short_videos) for count in counts]
        return [
            training_indices(length, count, rng, sampling=how.sampling, short_videos=how.short_videos)
            for count in counts
        ]

    def _boxes(self, frames: np.ndarray, rng: np.random.Generator | None) -> list[Box]:
        num_frames, height, width, _ = frames.shape
        how = self.preparation
        if rng is None:
            return [centre_box(height, width, how.geometry)]
        crops = num_frames if how.crop == "per_frame" else 1
        return [training_box(height, width, how.geometry, how.crop, rng) for _ in range(crops)]


def normalise(pixels: Tensor) -> Tensor:
    """Bytes (..., 3, H, W) to floats with ImageNet's mean and deviation."""
    scale = 1 / (255 * torch.tensor(IMAGENET_STD, device=pixels.device))
    shift = -torch.tensor(IMAGENET_MEAN, device=pixels.device) / torch.tensor(IMAGENET_STD, device=pixels.device)
    return pixels.float() * scale[:, None, None] + shift[:, None, None]
