"""Frames out of video files."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

Choose = Callable[[int], Sequence[np.ndarray]]
"""A video's number of frames -> the index array of each clip wanted of it."""


def decode(path: Path, choose: Choose) -> tuple[np.ndarray, list[np.ndarray]]:
    """Decode one video once for all the clips that ``choose`` wants of it.

    The answer is the distinct frames (N, H, W, 3) uint8 in ascending order, and for each clip the rows that make it.

    Raises FileNotFoundError for a missing file, ValueError naming the file for one that cannot be read.
    """
    from decord import DECORDError, VideoReader  # here: it must not load beside torch's CUDA in the training process

    if not path.exists():
        raise FileNotFoundError(f"{path} is missing")
    try:
        reader = VideoReader(str(path), num_threads=1)
        indices, rows = distinct_frames(choose(len(reader)))
        return reader.get_batch(indices).asnumpy(), rows
    except (RuntimeError, DECORDError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{path} cannot be decoded: {reason}") from error


def distinct_frames(index_sets: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The sorted union of several clips' indices, and each clip as rows of it.

    A decoder is fastest on sorted indices without repeats.
    """
    union, rows = np.unique(np.concatenate(list(index_sets)), return_inverse=True)
    ends = np.cumsum([len(indices) for indices in index_sets])
    return union, np.split(rows, ends[:-1])
