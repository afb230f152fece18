"""Labelled videos, their facts, and those that cannot be read.

Unreadable clips are reported, never replaced. At most 1 % of the training clips may be unreadable.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Split = Literal["train", "validation", "test"]
TOLERATED_SHARE = 0.01


@dataclass(frozen=True, kw_only=True)
class Video:
    """One labelled video: a file, or a folder of frames."""

    id: str
    path: Path
    label: int
    frames: int | None = None
    """Number of frames in the manifest or list file; a video with fewer is unusable."""
    unreadable: str = ""
    """Why it cannot be read according to the manifest; empty if it can."""

    def usable_length(self, found: int) -> int:
        """How many of the ``found`` frames are used. Raises UnreadableVideoError if some are missing."""
        if found < (self.frames or 1):
            wanted = f" instead of {self.frames}" if self.frames else ""
            raise UnreadableVideoError(self.path, f"it has {found} frames{wanted}")
        return self.frames or found


def check_split(split: str) -> None:
    """Raise ValueError for an unknown split."""
    if split not in get_args(Split):
        raise ValueError(f"split must be one of {', '.join(get_args(Split))}, got {split!r}")


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """Facts of a video; ``fps`` is None if unknown."""

    frames: int
    height: int
    width: int
    fps: float | None
    codec: str


class UnreadableVideoError(ValueError):
    """A video whose frames cannot be read; ``reason`` is one line."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, " ".join(reason.split())

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class BadClip:
    """A clip that cannot be read; ``index`` is the video's position in its split."""

    index: int
    id: str
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def refuse_too_many(bad: Collection[BadClip], num_videos: int) -> None:
    """Raise ValueError if more than 1 % of ``num_videos`` training videos are ``bad``.

    A single one is tolerated unless it is the only video.
    """
    tolerated = min(max(1, TOLERATED_SHARE * num_videos), num_videos - 1)
    if len(bad) > tolerated:
        first = min(bad, key=lambda clip: clip.index)
        raise ValueError(
            f"{len(bad)} of {num_videos} training clips cannot be read, more than {TOLERATED_SHARE:.0%}: "
            f"repair the dataset; the first is {first}"
        )
