"""Videos as folders of pictures, with the list files of TSM: Something-Something V1, Kinetics, HMDB51.

ROOT/frames.json describes the folder and states whether a mirrored clip keeps its class ("flip"):

    {"train": "train_videofolder.txt", "validation": "val_videofolder.txt", "classes": "category.txt",
     "folder": "20bn-something-something-v1", "template": "{:05d}.jpg", "flip": false}

A list file has a line ``path num_frames label`` per video; the path is relative to ``folder`` and may contain spaces.
The class file has a line per class, in the order of the labels. ``template`` is the file name of a frame by its number,
from 1. Optional: "test", a third list file; "folder" (default: ROOT), "template" (default: {:05d}.jpg) and "flip"
(default: false).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import get_args

import numpy as np
from PIL import Image

from ffn.data.dataset import VideoDataset
from ffn.data.reading import FrameArray
from ffn.data.videos import Split, UnreadableVideoError, Video, VideoFacts, check_split

LAYOUT_FILE = "frames.json"


@dataclass(frozen=True, kw_only=True)
class FrameLayout:
    """The content of ``frames.json``. Raises ValueError with the field's name."""

    train: str
    validation: str
    classes: str
    test: str | None = None
    folder: str = "."
    template: str = "{:05d}.jpg"
    flip: bool = False

    def __post_init__(self) -> None:
        texts = ("train", "validation", "classes", "folder", "template")
        wrong = next((name for name in texts if not isinstance(getattr(self, name), str)), None)
        if wrong is not None:
            raise ValueError(f"{wrong} must be a string, got {getattr(self, wrong)!r}")
        if not isinstance(self.flip, bool):
            raise ValueError(f"flip must be true or false, got {self.flip!r}")
        _check_template(self.template)

    def list_file(self, split: Split) -> str:
        """The name of a split's list file. Raises FileNotFoundError for a missing test split."""
        check_split(split)
        if getattr(self, split) is None:
            raise FileNotFoundError(f'{LAYOUT_FILE} has no "{split}" list file: use the validation split')
        return getattr(self, split)


def _read_layout(root: Path) -> FrameLayout:
    """Read frames.json of ``root``. Raises ValueError with its path."""
    path = root / LAYOUT_FILE
    try:
        return FrameLayout(**json.loads(path.read_text()))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _check_template(template: str) -> None:
    try:
        distinct = template.format(1) != template.format(2)
    except (IndexError, KeyError, ValueError):
        distinct = False
    if not distinct:
        raise ValueError(f"template must contain the frame's number, as in img_{{:05d}}.jpg, got {template!r}")


class FrameFolders(VideoDataset):
    """A dataset of frame folders in ``root``."""

    recognised_by = LAYOUT_FILE
    description = "frame folders"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.layout = _read_layout(root)
        self.flip = self.layout.flip
        self.classes = self._read_classes()
        self.splits = tuple(split for split in get_args(Split) if getattr(self.layout, split) is not None)
        lists = (self.layout.list_file(split) for split in self.splits)
        self.label_files = tuple(root / name for name in (LAYOUT_FILE, self.layout.classes, *lists))

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The videos of one split, in the order of its list file.

        Raises FileNotFoundError for a missing file, ValueError with a line that is not ``path num_frames label``.
        """
        path = self.root / self.layout.list_file(split)
        return tuple(self._video(path, line) for line in _lines(path))

    @contextmanager
    def open(self, path: Path) -> Iterator["FrameFolder"]:
        """Open a folder of frames. Raises UnreadableVideoError if it cannot be listed."""
        yield FrameFolder(path, self.files(path))

    def facts(self, video: Video) -> VideoFacts:
        """Read every frame of a folder. Raises UnreadableVideoError, also for fewer frames than in the list file."""
        files = self.files(video.path)
        video.usable_length(len(files))
        shapes = {read_picture(file).shape for file in files}
        height, width, _ = _only(shapes, video.path)
        return VideoFacts(frames=len(files), height=height, width=width, fps=None, codec=files[0].suffix[1:].lower())

    def files(self, path: Path) -> list[Path]:
        """The frames in order, up to the first missing number."""
        try:
            present = {file.name for file in path.iterdir()}
        except OSError as error:
            raise UnreadableVideoError(path, f"the folder cannot be read: {error.strerror}") from error
        names = takewhile(present.__contains__, map(self.layout.template.format, count(1)))
        return [path / name for name in names]

    def _read_classes(self) -> tuple[str, ...]:
        path = self.root / self.layout.classes
        names = tuple(line.strip() for line in _lines(path))
        if not names:
            raise ValueError(f"{path} must have a line per class")
        return names

    def _video(self, list_file: Path, line: str) -> Video:
        id, *numbers = line.strip().rsplit(maxsplit=2)
        if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
            raise ValueError(f"{list_file}: a line must be `path num_frames label`, got {line!r}")
        num_frames, label = map(int, numbers)
        if label >= len(self.classes):
            raise ValueError(
                f"{list_file}: a label must be below the number of classes, {len(self.classes)}, got {line!r}"
            )
        return Video(id=id, path=self.root / self.layout.folder / id, label=label, frames=num_frames)


@dataclass(frozen=True)
class FrameFolder:
    """A video stored as images (an ``OpenedVideo``)."""

    path: Path
    files: list[Path]

    @property
    def num_frames(self) -> int:
        """Number of images."""
        return len(self.files)

    def frames(self, indices: np.ndarray) -> FrameArray:
        """Read the images at ``indices``. Raises UnreadableVideoError."""
        pictures = [read_picture(self.files[index]) for index in indices]
        _only({picture.shape for picture in pictures}, self.path)
        return FrameArray(np.stack(pictures), np.arange(len(pictures)))


def _lines(path: Path) -> list[str]:
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: it is listed in {LAYOUT_FILE}")
    return [line for line in path.read_text().splitlines() if line.strip()]


def _only(shapes: set[tuple[int, ...]], path: Path) -> tuple[int, ...]:
    if len(shapes) != 1:
        raise UnreadableVideoError(path, "its frames differ in size")
    return next(iter(shapes))


def read_picture(path: Path) -> np.ndarray:
    """The pixels (H, W, 3) uint8 of an image. Raises UnreadableVideoError."""
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"))
    except OSError as error:
        raise UnreadableVideoError(path.parent, f"the frame {path.name} cannot be read: {error}") from error
