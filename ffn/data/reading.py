"""What every way to read a video's frames shares: the question, the answer, and the refusal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

Choose = Callable[[int], Sequence[np.ndarray]]
"""A video's number of frames -> the index array of each clip wanted of it."""


@dataclass(frozen=True)
class Box:
    """A rectangle of a frame, in pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """It as indices of rows and columns."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


class Frames(Protocol):
    """The distinct frames that a video's clips are made of, in ascending order; only what is cut out is made RGB."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Their number, height and width."""

    def cut(self, box: Box, rows: slice = slice(None)) -> np.ndarray:
        """What ``box`` covers of the frames ``rows``: (N, height, width, 3) uint8."""


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


ReadFrames = Callable[[Path, Choose], tuple[Frames, list[np.ndarray]]]
"""What ``ffn.data.decoding.decode`` does, for any way in which frames are stored."""


def distinct_frames(index_sets: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The sorted union of several clips' indices, and each clip as rows of it.

    A decoder is fastest on sorted indices without repeats.
    """
    union, rows = np.unique(np.concatenate(list(index_sets)), return_inverse=True)
    ends = np.cumsum([len(indices) for indices in index_sets])
    return union, np.split(rows, ends[:-1])
