"""A folder of labelled videos, whatever its layout."""

import hashlib
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from ffn.data.decoding import open_video_file, video_facts
from ffn.data.manifest import read_manifest, with_manifest
from ffn.data.reading import OpenedVideo
from ffn.data.videos import Split, Video, VideoFacts


class VideoDataset(ABC):
    """What training, evaluation and verification ask of a dataset; each layout is a subclass.

    Creating one reads the classes and finds the splits: FileNotFoundError for a missing file, ValueError for one that
    makes no sense. Videos are files unless a layout overrides ``open``, ``facts`` and ``files``.
    """

    recognised_by: ClassVar[str]
    """The path below the root that shows the layout."""
    description: ClassVar[str]
    """The layout's name."""

    flip: bool = False
    """Whether a mirrored clip keeps its class, so that training may mirror it."""
    classes: tuple[str, ...]
    """Names by index."""
    splits: tuple[Split, ...]
    """Those that have labels."""
    label_files: tuple[Path, ...]
    """They hold the label map and the splits."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Whether the folder ``root`` has this layout."""
        return (root / cls.recognised_by).exists()

    @abstractmethod
    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The videos of a split in the order of its label file. Raises FileNotFoundError or ValueError."""

    def videos(self, split: Split) -> tuple[Video, ...]:
        """The videos of a split, with what the manifest says about them if there is one."""
        return with_manifest(self.labelled(split), read_manifest(self.root))

    def open(self, path: Path) -> AbstractContextManager[OpenedVideo]:
        """Open a video for reading (an ``OpenVideo``)."""
        return open_video_file(path)

    def facts(self, video: Video) -> VideoFacts:
        """Read a whole video. Raises UnreadableVideoError."""
        return video_facts(video)

    def files(self, path: Path) -> list[Path]:
        """The files that a video consists of."""
        return [path]

    def fingerprint(self) -> str:
        """A hash of the label files: equal for two datasets exactly if they hold the same task."""
        digest = hashlib.sha256()
        for path in self.label_files:
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]
