"""Sampling the frames of a clip from a video."""

from typing import Literal, get_args

import numpy as np

FrameSampling = Literal["segments", "integer_segments", "centre", "even", "mix", "shared"]
ShortVideos = Literal["first", "last"]


def segment_indices(length: int, count: int, rng: np.random.Generator | None = None) -> np.ndarray:
    """0-based indices of ``count`` frames, one from each of ``count`` equal segments of a video of ``length`` frames.

    Without ``rng``, each segment's centre in the arithmetic of the released code's evaluation,
    int(length / count / 2 + length / count * i), whose rounding falls below the exact floor((i + 1/2) * length / count)
    for some lengths at counts such as 7, 10, 12 and 14; a video of at most ``count`` frames repeats its first frame.
    With ``rng``, a random frame of each segment.
    Raises ValueError if ``length`` or ``count`` is below 1.
    """
    _check(length, count)
    if rng is None and length <= count:
        return np.zeros(count, dtype=np.int64)
    position = 0.5 if rng is None else rng.random(count)
    return _indices_at(position, length, count)


def training_indices(
    length: int, count: int, rng: np.random.Generator, *, sampling: FrameSampling, short_videos: ShortVideos
) -> np.ndarray:
    """0-based indices of ``count`` training frames under one of six rules.

    ``segments``: a random frame of each of ``count`` equal segments. ``integer_segments``: the same over segments of
    floor(length / count) frames, as in the released code; the video's end is not used. ``centre``: each segment's
    centre, not random. ``even``: one random position for all segments of a clip, so the stride is that of
    evaluation. ``mix``: half of the clips ``even``, half ``segments``. ``shared``: those of ``shared_indices``, not
    random. A video shorter than ``count`` repeats its first or last frame.
    """
    if sampling not in get_args(FrameSampling):
        raise ValueError(f"sampling must be one of {', '.join(get_args(FrameSampling))}, got {sampling!r}")
    _check(length, count)
    if length < count:
        return short_video_indices(length, count, short_videos)
    if sampling == "mix":
        sampling = "even" if rng.random() < 0.5 else "segments"
    if sampling == "segments":
        return segment_indices(length, count, rng)
    if sampling == "even":
        return _indices_at(rng.random(), length, count)
    if sampling == "centre":
        return evaluation_indices(length, count, short_videos)
    if sampling == "shared":
        return shared_indices(length, count)
    duration = length // count
    return np.arange(count) * duration + rng.integers(duration, size=count)


def evaluation_indices(length: int, count: int, short_videos: ShortVideos, position: float = 0.5) -> np.ndarray:
    """0-based indices of ``count`` evaluation frames: at ``position`` of each segment, by default its centre.

    ``position`` has no effect on a video of at most ``count`` frames.
    """
    _check(length, count)
    if length <= count:
        return short_video_indices(length, count, short_videos)
    return _indices_at(position, length, count)


def shared_indices(length: int, count: int) -> np.ndarray:
    """0-based indices of ``count`` frames, one from each of ``count`` equal segments, which are among those of every
    multiple of ``count``: of a video's 16 frames every fourth is one of its 4.

    All counts have the moment at a third of the video in common. So the frames of 4, 8 and 16 lie at a third or two
    thirds of their segments, and those of a count that 3 divides at their segments' beginning.
    Raises ValueError if ``length`` or ``count`` is below 1.
    """
    _check(length, count)
    thirds = 3 * np.arange(count, dtype=np.int64) + count % 3
    return thirds * length // (3 * count)


def short_video_indices(length: int, count: int, short_videos: ShortVideos) -> np.ndarray:
    """For a video of at most ``count`` frames: only the first frame (released code), or all and the last repeated."""
    if short_videos == "first":
        return np.zeros(count, dtype=np.int64)
    return np.minimum(np.arange(count), length - 1)


def _indices_at(position: float | np.ndarray, length: int, count: int) -> np.ndarray:
    """The frames at ``position``, from 0 to 1, of ``count`` equal segments."""
    segment = length / count
    indices = (segment * position + segment * np.arange(count)).astype(np.int64)
    return np.minimum(indices, length - 1)


def _check(length: int, count: int) -> None:
    if length < 1 or count < 1:
        raise ValueError(f"length and count must be at least 1, got length={length}, count={count}")
