"""Frames out of video files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Choose = Callable[[int], Sequence[np.ndarray]]
"""A video's number of frames -> the index array of each clip wanted of it."""

ReadFrames = Callable[[Path, Choose], tuple[np.ndarray, list[np.ndarray]]]
"""What ``decode`` does, for any way in which frames are stored."""


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


def decode(path: Path, choose: Choose) -> tuple[np.ndarray, list[np.ndarray]]:
    """Decode one video file once for all the clips that ``choose`` wants of it.

    The answer is the distinct frames (N, H, W, 3) uint8 in ascending order, and for each clip the rows that make it.
    PyAV reads what decord refuses: a single frame, a webm that states no duration.

    Raises UnreadableVideoError for a file that is missing, and for one that neither can read.
    """
    from decord import DECORDError, VideoReader  # here: it must not load beside torch's CUDA in the training process

    if not path.exists():
        raise UnreadableVideoError(path, "the file is missing")
    try:
        reader = VideoReader(str(path), num_threads=1)
    except (RuntimeError, DECORDError):
        return _decode_with_pyav(path, choose)
    indices, rows = distinct_frames(choose(len(reader)))
    try:
        return reader.get_batch(indices).asnumpy(), rows
    except (RuntimeError, DECORDError) as error:
        raise UnreadableVideoError(path, str(error).partition("\n")[0]) from error


def _decode_with_pyav(path: Path, choose: Choose) -> tuple[np.ndarray, list[np.ndarray]]:
    from ffn.data.pyav_decoding import decode_with_pyav  # here: hardly any file needs it

    return decode_with_pyav(path, choose)


def distinct_frames(index_sets: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The sorted union of several clips' indices, and each clip as rows of it.

    A decoder is fastest on sorted indices without repeats.
    """
    union, rows = np.unique(np.concatenate(list(index_sets)), return_inverse=True)
    ends = np.cumsum([len(indices) for indices in index_sets])
    return union, np.split(rows, ends[:-1])
