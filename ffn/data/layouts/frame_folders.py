"""Videos as folders of pictures, with the list files of TSM: Something-Something V1, Kinetics, HMDB51.

ROOT/frames.json describes the folder and states whether a mirrored clip keeps its class ("flip"):

    {"train": "train_videofolder.txt", "validation": "val_videofolder.txt", "classes": "category.txt",
     "folder": "20bn-something-something-v1", "template": "{:05d}.jpg", "flip": false}

A list file has a line ``path num_frames label`` per video; the path is relative to ``folder`` and may contain spaces.
The class file has a line per class, in the order of the labels, which count from 0. ``template`` is the file name of a
frame by its number, from 0 or 1. Optional: "test", a third list file; "folder" (default: ROOT), "template" (default:
{:05d}.jpg) and "flip" (default: false).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from ffn.data.layouts.entries import Entry, labelled_videos, read_classes
from ffn.data.layouts.pictures import PictureFolders
from ffn.data.text_files import read_json, read_lines
from ffn.data.videos import Split, Video, check_split

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
        for name in ("train", "validation", "classes", "test", "folder", "template"):
            text = getattr(self, name)
            is_left_out = name == "test" and text is None
            if not is_left_out and not (isinstance(text, str) and text):
                raise ValueError(f"{name} must be a text, got {text!r}")
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
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path} must be an object with train, validation and classes")
    try:
        return FrameLayout(**content)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _check_template(template: str) -> None:
    try:
        distinct = template.format(1) != template.format(2)
    except (IndexError, KeyError, ValueError):
        distinct = False
    if not distinct:
        raise ValueError(f"template must contain the frame's number, as in img_{{:05d}}.jpg, got {template!r}")


class FrameFolders(PictureFolders):
    """A dataset of frame folders in ``root``."""

    recognised_by = LAYOUT_FILE
    description = "frame folders"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.layout = _read_layout(root)
        self.flip, self.template = self.layout.flip, self.layout.template
        self.classes = read_classes(_listed(root / self.layout.classes))
        self.splits = tuple(split for split in get_args(Split) if getattr(self.layout, split) is not None)
        lists = (self.layout.list_file(split) for split in self.splits)
        self.label_files = tuple(root / name for name in (LAYOUT_FILE, self.layout.classes, *lists))

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The videos of one split, in the order of its list file.

        Raises FileNotFoundError for a missing file, ValueError with a line that is not ``path num_frames label``.
        """
        file = _listed(self.root / self.layout.list_file(split))
        rows = {number: _row(file, number, line) for number, line in read_lines(file).items()}
        _check_labels(file, {number: label for number, (_, _, label) in rows.items()}, len(self.classes))
        return labelled_videos(file, self._entries(rows), self.classes, self._path)

    def _entries(self, rows: Mapping[int, tuple[str, int, int]]) -> Iterable[Entry]:
        for number, (id, frames, label) in rows.items():
            yield Entry(place=f"line {number}", id=id, label=self.classes[label], frames=frames)

    def _path(self, id: str) -> Path:
        return self.root / self.layout.folder / id


def _listed(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: it is listed in {LAYOUT_FILE}")
    return path


def _row(file: Path, number: int, line: str) -> tuple[str, int, int]:
    """Path, number of frames and label of a line."""
    id, *numbers = line.rsplit(maxsplit=2)
    if len(numbers) != 2 or not all(text.isascii() and text.isdecimal() for text in numbers):
        raise ValueError(f"{file}: line {number} must be `path num_frames label`, got {line!r}")
    return id, int(numbers[0]), int(numbers[1])


def _check_labels(file: Path, labels: Mapping[int, int], num_classes: int) -> None:
    number = next((number for number, label in labels.items() if label >= num_classes), None)
    if number is None:
        return
    from_one = min(labels.values()) == 1 and max(labels.values()) == num_classes
    mend = "; they seem to count from 1: subtract 1 from each" if from_one else ""
    raise ValueError(f"{file}: labels must be 0 to {num_classes - 1}, line {number} has {labels[number]}{mend}")
