"""Frames out of video files."""

from pathlib import Path

import numpy as np

from ffn.data.pyav_decoding import decode_with_pyav
from ffn.data.reading import Choose, UnreadableVideoError, distinct_frames


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
        return decode_with_pyav(path, choose)
    indices, rows = distinct_frames(choose(len(reader)))
    try:
        return reader.get_batch(indices).asnumpy(), rows
    except (RuntimeError, DECORDError) as error:
        raise UnreadableVideoError(path, str(error).partition("\n")[0]) from error
