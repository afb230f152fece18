"""From videos to clips: frames sampled, decoded once for all frame counts and views, and cropped, as bytes.

A clip's randomness is keyed by its request, so it depends neither on the number of workers nor on interruptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ffn.data.batches import Sample
from ffn.data.cropping import CropGeometry, TrainingCrop, crop_frames, evaluation_boxes, training_box
from ffn.data.decoding import open_video_file
from ffn.data.frame_sampling import FrameSampling, ShortVideos, evaluation_indices, training_indices
from ffn.data.reading import Frames, OpenedVideo, OpenVideo, again_if_miscounted, distinct_frames
from ffn.data.videos import BadClip, UnreadableVideoError, Video
from ffn.data.views import Views


@dataclass(frozen=True, kw_only=True)
class ClipPreparation:
    """How videos are turned into clips."""

    geometry: CropGeometry
    sampling: FrameSampling = "segments"
    """Frame sampling in training."""
    evaluation_sampling: FrameSampling = "centre"
    """Frame sampling in evaluation; a random rule draws the same frames of a video every time."""
    crop: TrainingCrop = "random"
    """The crop in training."""
    short_videos: ShortVideos = "first"
    views: Views = Views()
    """Views in evaluation; training has one."""


@dataclass(frozen=True, kw_only=True)
class ClipRequest:
    """One video's clips at several frame counts: as in evaluation, or random with the seed ``random_key``."""

    index: int
    frame_counts: tuple[int, ...]
    random_key: tuple[int, ...] | None = None


class ClipDataset(Dataset):
    """Maps ``ClipRequest``s to samples of ``videos``, opened by ``open_video``.

    With ``flip`` half of the random clips are mirrored. A video that cannot be read gives a ``BadClip``.
    """

    def __init__(
        self,
        videos: Sequence[Video],
        preparation: ClipPreparation,
        open_video: OpenVideo = open_video_file,
        *,
        flip: bool = False,
    ) -> None:
        self.videos = videos
        self.preparation = preparation
        self.open_video = open_video
        self.flip = flip

    def prepared(self, preparation: ClipPreparation) -> Self:
        """The same videos under another preparation."""
        return type(self)(self.videos, preparation, self.open_video, flip=self.flip)

    def __len__(self) -> int:
        return len(self.videos)

    def __getitem__(self, request: ClipRequest) -> Sample | BadClip:
        video = self.videos[request.index]
        try:
            return self._sample(video, request)
        except UnreadableVideoError as error:
            return self._bad_clip(request.index, error.reason)

    def readable(self) -> list[int]:
        """Indices of the videos that the manifest does not mark as unreadable."""
        return [index for index, video in enumerate(self.videos) if not video.unreadable]

    def unreadable(self) -> list[BadClip]:
        """The videos that the manifest marks as unreadable."""
        return [self._bad_clip(index, video.unreadable) for index, video in enumerate(self.videos) if video.unreadable]

    def _bad_clip(self, index: int, reason: str) -> BadClip:
        video = self.videos[index]
        return BadClip(index=index, id=video.id, path=str(video.path), reason=reason)

    def _sample(self, video: Video, request: ClipRequest) -> Sample:
        if video.unreadable:
            raise UnreadableVideoError(video.path, video.unreadable)
        with self.open_video(video.path) as opened:
            frames, rows, rng = again_if_miscounted(lambda: self._draw(opened, video, request))
        pixels, crops = self._pixels(frames, rng)
        counts, distinct = request.frame_counts, frames.shape[0]
        rows_of_count = {
            count: _rows_of_views(rows[place :: len(counts)], crops, distinct) for place, count in enumerate(counts)
        }
        return Sample(index=request.index, label=video.label, frames=pixels, rows=rows_of_count)

    def _draw(
        self, opened: OpenedVideo, video: Video, request: ClipRequest
    ) -> tuple[Frames, list[np.ndarray], np.random.Generator | None]:
        """The distinct frames, each clip as rows of them, and the generator for the crop."""
        rng = None if request.random_key is None else np.random.default_rng(request.random_key)
        clips = self._indices(video.usable_length(opened.num_frames), request, rng)
        indices, rows = distinct_frames(clips)
        return opened.frames(indices), rows, rng

    def _indices(self, length: int, request: ClipRequest, rng: np.random.Generator | None) -> list[np.ndarray]:
        """The frames of each clip: all counts of the first clip, then of the next."""
        how, counts = self.preparation, request.frame_counts
        if rng is None and how.evaluation_sampling == "centre":
            return [
                evaluation_indices(length, count, how.short_videos, position)
                for position in how.views.positions
                for count in counts
            ]
        if rng is not None:
            return [self._drawn(length, count, rng, how.sampling) for count in counts]
        # a count's frames are the same whichever other counts are evaluated with it
        generators = {count: np.random.default_rng((request.index, count)) for count in counts}
        return [
            self._drawn(length, count, generators[count], how.evaluation_sampling)
            for _ in range(how.views.clips)
            for count in counts
        ]

    def _drawn(self, length: int, count: int, rng: np.random.Generator, sampling: FrameSampling) -> np.ndarray:
        return training_indices(length, count, rng, sampling=sampling, short_videos=self.preparation.short_videos)

    def _pixels(self, frames: Frames, rng: np.random.Generator | None) -> tuple[Tensor, int]:
        """All frames of the first crop, then of the next, and the number of crops."""
        num_frames, height, width = frames.shape
        how = self.preparation
        if rng is None:
            boxes = evaluation_boxes(height, width, how.geometry, how.views.crops)
            crops = [crop_frames(frames, [box], how.geometry.size) for box in boxes]
            return crops[0] if len(crops) == 1 else torch.cat(crops), len(crops)
        num_boxes = num_frames if how.crop == "per_frame" else 1
        boxes = [training_box(height, width, how.geometry, how.crop, rng) for _ in range(num_boxes)]
        pixels = crop_frames(frames, boxes, how.geometry.size)
        return pixels.flip(-2) if self.flip and rng.random() < 0.5 else pixels, 1


def _rows_of_views(clips: Sequence[np.ndarray], crops: int, num_frames: int) -> Tensor:
    """Rows (V, T) of all views at one count, from each clip's rows (T,); a clip's crops are adjacent."""
    firsts = num_frames * np.arange(crops)
    return torch.from_numpy((np.stack(clips)[:, None] + firsts[:, None]).reshape(len(clips) * crops, -1))
