"""The interface of every video reader: open a video, learn its length, get frames.

with open_video(path) as video:
    frames = video.frames(indices)      # ascending, below video.num_frames
pixels = frames.cut(box)
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import numpy as np

from ffn.data.videos import UnreadableVideoError

Answer = TypeVar("Answer")

Reader = Literal["pyav", "decord"]
"""What decodes video files."""


@dataclass(frozen=True)
class Box:
    """A rectangle of a frame, in pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


class Frames(Protocol):
    """Some frames of a video in the reader's format; only what is cut becomes RGB. Usable after closing the video."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Their number, height and width."""

    def cut(self, box: Box, rows: slice = slice(None)) -> np.ndarray:
        """What ``box`` covers of the frames ``rows``: (N, height, width, 3) uint8."""


class OpenedVideo(Protocol):
    """A video opened for reading."""

    @property
    def num_frames(self) -> int:
        """Number of frames."""

    def frames(self, indices: np.ndarray) -> Frames:
        """The frames at ascending, distinct ``indices``. Raises UnreadableVideoError, and MiscountedError."""


class MiscountedError(UnreadableVideoError):
    """Decoding found another number of frames than was told; ``num_frames`` is right from now on."""


def again_if_miscounted(read: Callable[[], Answer]) -> Answer:
    """Call ``read``, which chooses among an opened video's frames, again if it had to choose by a wrong number."""
    try:
        return read()
    except MiscountedError:
        return read()


OpenVideo = Callable[[Path], AbstractContextManager[OpenedVideo]]
"""Opens the video at a path. Raises UnreadableVideoError if it is missing or cannot be read."""


@dataclass(frozen=True)
class FrameArray:
    """The frames ``indices`` of ``video`` (T, H, W, 3) uint8, an array in memory or in a file."""

    video: np.ndarray
    indices: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        """Their number, height and width."""
        return len(self.indices), *self.video.shape[1:3]

    def cut(self, box: Box, rows: slice = slice(None)) -> np.ndarray:
        """What ``box`` covers of the frames ``rows``: (N, height, width, 3) uint8."""
        return self.video[self.indices[rows], *box.slices]


@dataclass(frozen=True)
class VideoArray:
    """A decoded video (T, H, W, 3) uint8 as an ``OpenedVideo``."""

    pixels: np.ndarray

    @property
    def num_frames(self) -> int:
        """Number of frames."""
        return len(self.pixels)

    def frames(self, indices: np.ndarray) -> FrameArray:
        """The frames at ``indices``."""
        return FrameArray(self.pixels, indices)


def distinct_frames(index_sets: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The sorted union of several clips' indices, and each clip as positions in it.

    Decoders are fastest on sorted, distinct indices.
    """
    union, rows = np.unique(np.concatenate(list(index_sets)), return_inverse=True)
    ends = np.cumsum([len(indices) for indices in index_sets])
    return union, np.split(rows, ends[:-1])
