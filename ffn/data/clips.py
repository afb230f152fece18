"""Videos become clips: sampled, decoded once for every frame count wanted, cropped, and shipped as bytes.

All randomness of a clip is keyed by its request, so neither the number of workers nor an interruption changes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ffn.data.bad_clips import BadClip
from ffn.data.cropping import Box, CropGeometry, TrainingCrop, centre_box, crop_frames, training_box
from ffn.data.decoding import decode
from ffn.data.frame_sampling import FrameSampling, ShortVideos, evaluation_indices, training_indices
from ffn.data.labels import Video
from ffn.data.reading import ReadFrames, UnreadableVideoError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


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
    """Clips of several videos: ``clips`` frame count -> (B, T, 3, H, W) uint8, ``labels`` and ``indices`` (B,).

    ``bad`` are the clips that were asked for and cannot be read. Where they are all, B is 0 and ``clips`` is empty.
    """

    clips: dict[int, Tensor]
    labels: Tensor
    indices: Tensor
    bad: tuple[BadClip, ...] = ()

    @classmethod
    def of(cls, answers: Sequence[Sample | BadClip]) -> Self:
        """Stack the samples of one batch."""
        samples = [answer for answer in answers if isinstance(answer, Sample)]
        counts = samples[0].clips if samples else ()
        return cls(
            clips={count: torch.stack([sample.clips[count] for sample in samples]) for count in counts},
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
        return [self._rows(slice(start, start + clips)) for start in range(0, len(self), clips)]

    def pin_memory(self) -> Self:
        """The batch in page-locked memory (called by the DataLoader)."""
        pinned = {count: clips.pin_memory() for count, clips in self.clips.items()}
        return replace(self, clips=pinned, labels=self.labels.pin_memory())

    def _rows(self, rows: slice) -> Self:
        clips = {count: clips[rows] for count, clips in self.clips.items()}
        return type(self)(clips=clips, labels=self.labels[rows], indices=self.indices[rows])

    def normalised(self, count: int, device: torch.device) -> Tensor:
        """The clips at one frame count on ``device``, float, with ImageNet's mean and deviation."""
        return normalise(self.clips[count].to(device, non_blocking=True))


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
            return self._indices(video.usable_length(length), request.frame_counts, rng)

        frames, rows = self.read(video.path, choose)
        pixels = crop_frames(frames, self._boxes(frames, rng), self.preparation.geometry.size)
        if self.flip and rng is not None and rng.random() < 0.5:
            pixels = pixels.flip(-1)
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
    return pixels.to(scale.dtype) * scale[:, None, None] + shift[:, None, None]
