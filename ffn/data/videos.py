"""A labelled video, what it is made of, and why it cannot be read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, kw_only=True)
class Video:
    """One labelled video: a file, or a folder of frames."""

    id: str
    path: Path
    label: int
    frames: int | None = None
    """Its number of frames as the manifest or the list file says; a video with fewer cannot be used."""
    unreadable: str = ""
    """Why it cannot be read, as the manifest says."""

    def usable_length(self, found: int) -> int:
        """How many of the ``found`` frames count. Raises UnreadableVideoError when some are missing."""
        if found < (self.frames or 1):
            wanted = f" instead of {self.frames}" if self.frames else ""
            raise UnreadableVideoError(self.path, f"it has {found} frames{wanted}")
        return self.frames or found


def check_split(split: str) -> None:
    """Raise ValueError for a split that is not known."""
    if split not in get_args(Split):
        raise ValueError(f"split must be one of {', '.join(get_args(Split))}, got {split!r}")


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
