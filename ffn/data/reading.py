"""What every way to read a video's frames shares: the question, the answer, and the refusal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Choose = Callable[[int], Sequence[np.ndarray]]
"""A video's number of frames -> the index array of each clip wanted of it."""

ReadFrames = Callable[[Path, Choose], tuple[np.ndarray, list[np.ndarray]]]
"""What ``ffn.data.decoding.decode`` does, for any way in which frames are stored."""


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """What a video is made of; ``fps`` is None where nothing states it."""

    frames: int
    height: int
    width: int
    fps: float | None
    codec: str


class UnreadableVideoError(ValueError):
    """A video whose frames cannot be had; ``reason`` says in one line why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, " ".join(reason.split())

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def distinct_frames(index_sets: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The sorted union of several clips' indices, and each clip as rows of it.

    A decoder is fastest on sorted indices without repeats.
    """
    union, rows = np.unique(np.concatenate(list(index_sets)), return_inverse=True)
    ends = np.cumsum([len(indices) for indices in index_sets])
    return union, np.split(rows, ends[:-1])
