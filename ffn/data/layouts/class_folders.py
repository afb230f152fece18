"""A folder per class, in a folder per split.

ROOT/train/CLASS/*
ROOT/validation/CLASS/*     or val, valid
ROOT/test/CLASS/*           optional

A folder of classes without splits is indexed first: ``python -m study data index ROOT --pattern '{class}/*'``.
"""

import hashlib
from pathlib import Path

from ffn.data.dataset import VideoDataset
from ffn.data.layouts.entries import Entry, in_order, labelled_videos, refuse_untrained
from ffn.data.layouts.found_files import files_below
from ffn.data.videos import Split, Video

FOLDERS: dict[Split, tuple[str, ...]] = {
    "train": ("train",), "validation": ("validation", "val", "valid"), "test": ("test",)
}  # fmt: skip


class ClassFolders(VideoDataset):
    """The files below the folders of the classes in ``root``. Clips are never mirrored."""

    recognised_by = "train/CLASS"
    description = "class folders"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.folders = {split: found for split, names in FOLDERS.items() if (found := _folder(root, names))}
        self.splits = tuple(self.folders)
        self.label_files = ()
        self.classes = in_order(_classes(self.folders["train"]))
        refuse_untrained(root, {split: _classes(folder) for split, folder in self.folders.items()})

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Whether there are folders below ``train``."""
        train = _folder(root, FOLDERS["train"])
        return train is not None and bool(_classes(train))

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The videos of one split, sorted by class and path."""
        self.check_split(split)
        folder = self.folders[split]
        entries = (
            Entry(place="a file", id=file.relative_to(self.root).as_posix(), label=label)
            for label in self.classes
            for file in sorted(files_below(folder / label))
        )
        return labelled_videos(folder, entries, self.classes, self.root.joinpath)

    def fingerprint(self) -> str:
        """A hash of the videos' paths, as there are no label files."""
        ids = "\n".join(video.id for video in self.all_videos())
        return hashlib.sha256(ids.encode()).hexdigest()[:16]


def _folder(root: Path, names: tuple[str, ...]) -> Path | None:
    found = sorted(path for path in root.glob("*") if path.name.lower() in names and path.is_dir())
    if len(found) > 1:
        raise ValueError(f"{found[0]} and {found[1]} could both be meant: remove one")
    return found[0] if found else None


def _classes(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
