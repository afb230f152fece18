"""The interface of a folder of labelled videos."""

import copy
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar, Self

from ffn.data.decoding import open_video_file, video_facts
from ffn.data.decord_reader import open_with_decord, require_reader
from ffn.data.manifest import MANIFEST, read_manifest, with_manifest
from ffn.data.reading import OpenedVideo, OpenVideo, Reader
from ffn.data.videos import Split, Video, VideoFacts, check_split


class VideoDataset(ABC):
    """What training, evaluation and verification need of a dataset; each layout is a subclass.

    The constructor reads the classes and finds the splits. It raises FileNotFoundError for a missing file, ValueError
    for an invalid one. Videos are files unless a layout overrides ``open``, ``facts`` and ``files``.
    """

    recognised_by: ClassVar[str]
    """The path below the root that identifies the layout."""
    description: ClassVar[str]
    """The layout's name."""

    flip: bool = False
    """Whether a mirrored clip keeps its class, so training may mirror clips."""
    classes: tuple[str, ...]
    """Class names by index."""
    splits: tuple[Split, ...]
    """The splits that have labels; none as long as no fold of a dataset with folds is chosen."""
    num_folds: int = 0
    """Into how many folds the videos are divided, each of which serves once as validation split; 0: no folds."""
    chosen_fold: int | None = None
    """The fold that is the validation split."""
    label_files: tuple[Path, ...]
    """The files with the label map and the splits."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifest = root / MANIFEST

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Whether the folder ``root`` has this layout."""
        return (root / cls.recognised_by).exists()

    @abstractmethod
    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The videos of a split in the order of its label file. Raises FileNotFoundError or ValueError."""

    def fold(self, number: int) -> Self:
        """The same dataset with fold ``number`` as split "validation" and the other clips as split "train".

        Raises ValueError for a dataset without folds or a number outside 0 to ``num_folds - 1``.
        """
        if not self.num_folds:
            raise ValueError(f"{self.root} has no folds, so there is no fold {number}: leave the fold out")
        if not 0 <= number < self.num_folds:
            raise ValueError(f"fold must be 0 to {self.num_folds - 1} for {self.root}, got {number}")
        chosen = copy.copy(self)
        chosen.chosen_fold, chosen.splits = number, ("train", "validation")
        return chosen

    def all_videos(self) -> tuple[Video, ...]:
        """Every labelled video once, of all splits or all folds, in order. Raises as ``labelled`` does."""
        parts = self._folds() or [self]
        videos = {video.id: video for part in parts for split in part.splits for video in part.labelled(split)}
        return tuple(videos.values())

    def check_split(self, split: Split) -> None:
        """Raise ValueError for a split that the dataset has not: for any as long as it has folds and none is chosen."""
        check_split(split)
        if self.num_folds and self.chosen_fold is None:
            raise ValueError(f"{self.root} has {self.num_folds} folds instead of splits: choose a fold")
        if split not in self.splits:
            raise ValueError(f"{self.root} has no split {split!r} with labels, only {', '.join(self.splits)}")

    def check(self, splits: Iterable[Split] = ()) -> None:
        """Raise FileNotFoundError or ValueError if the label files of ``splits`` (none: all) are unusable.

        That includes a video in two splits, and videos that are all missing.
        """
        parts = self._folds() if self.chosen_fold is None and self.num_folds else [self]
        for part in parts:
            found = {split: part.labelled(split) for split in splits or part.splits}
            _refuse_shared(self.root, found)
            _refuse_all_missing(self.root, [video for videos in found.values() for video in videos])

    def _folds(self) -> list[Self]:
        return [self.fold(number) for number in range(self.num_folds)]

    def videos(self, split: Split) -> tuple[Video, ...]:
        """The videos of a split, updated from the manifest if there is one."""
        return with_manifest(self.labelled(split), read_manifest(self.manifest))

    def open(self, path: Path) -> AbstractContextManager[OpenedVideo]:
        """Open a video for reading (an ``OpenVideo``)."""
        return open_video_file(path)

    def opener(self, reader: Reader) -> OpenVideo:
        """What opens the videos for reading with ``reader``; it has no meaning where ``open`` is overridden.

        Raises ValueError for a reader that is not installed.
        """
        require_reader(reader)
        is_files = type(self).open is VideoDataset.open
        return open_with_decord if reader == "decord" and is_files else self.open

    def facts(self, video: Video) -> VideoFacts:
        """Read a whole video. Raises UnreadableVideoError."""
        return video_facts(video)

    def files(self, path: Path) -> list[Path]:
        """The files that a video consists of."""
        return [path]

    def fingerprint(self) -> str:
        """A hash of the label files, to tell whether two folders hold the same task."""
        digest = hashlib.sha256()
        for path in self.label_files:
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]


def _refuse_shared(root: Path, videos: Mapping[Split, Collection[Video]]) -> None:
    split_of: dict[str, Split] = {}
    for split, found in videos.items():
        for video in found:
            if video.id in split_of:
                raise ValueError(
                    f"{root}: the video {video.id!r} is in the split {split} and in {split_of[video.id]}: remove one"
                )
            split_of[video.id] = split


def _refuse_all_missing(root: Path, videos: Collection[Video]) -> None:
    if not any(video.path.exists() for video in videos):
        example = next((f", the first is {video.path}: the file is missing" for video in videos), "")
        raise ValueError(f"{root}: none of its {len(videos)} videos can be read{example}")
