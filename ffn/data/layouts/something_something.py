"""Something-Something V2 as distributed, or with its videos converted to other files or to TSM's frame folders.

ROOT/20bn-something-something-v2/<id>.webm                 or <id>.mp4, or any other extension
ROOT/20bn-something-something-v2-frames/<id>/000001.jpg    if there is no folder of videos
ROOT/labels/labels.json          template -> index, a string
ROOT/labels/train.json           objects with "id" and "template" (brackets around the placeholders)
ROOT/labels/validation.json
ROOT/labels/test-answers.csv     id;template; without this file there is no test split

The folder of videos or frames may also lie in ROOT/data, as in the earlier reproduction's ``database``. Where the label
files are in another folder, ROOT may be the folder of the videos or frames itself.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ffn.data.dataset import VideoDataset
from ffn.data.layouts.entries import Entry, ids_and_classes, labelled_videos
from ffn.data.layouts.found_files import FoundFiles
from ffn.data.layouts.pictures import PictureFolders
from ffn.data.text_files import read_json
from ffn.data.videos import Split, Video, check_split

VIDEO_FOLDER = "20bn-something-something-v2"
FRAME_FOLDER = f"{VIDEO_FOLDER}-frames"
LABEL_FOLDER = "labels"


class SomethingSomething(VideoDataset):
    """The dataset in ``root``, with its label files there or in the folder ``labels``.

    Clips are never mirrored, as left and right are different classes.
    """

    recognised_by = LABEL_FOLDER
    description = "Something-Something V2"

    def __init__(self, root: Path, labels: Path | None = None) -> None:
        super().__init__(root)
        self.labels = labels or root / LABEL_FOLDER
        self.classes = _read_classes(class_file(self.labels))
        has_answers = label_file(self.labels, "test").exists()
        self.splits = ("train", "validation", "test") if has_answers else ("train", "validation")
        self.label_files = (class_file(self.labels), *(label_file(self.labels, split) for split in self.splits))
        self.found = FoundFiles(_folder(root, VIDEO_FOLDER) or (root if labels else root / VIDEO_FOLDER))

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The videos of one split, in the order of its label file.

        Raises FileNotFoundError without a label file, ValueError for an unknown split or template.
        """
        check_split(split)
        file = label_file(self.labels, split)
        entries = _test_entries(file) if split == "test" else _entries(file)
        return labelled_videos(file, entries, self.classes, self.path_of)

    def path_of(self, id: str) -> Path:
        """Where a video is."""
        return self.found.find(f"{id}.webm")


class SomethingSomethingFrames(SomethingSomething, PictureFolders):
    """The same with the frames of each video in a folder, as TSM's tools write them."""

    recognised_by = FRAME_FOLDER
    description = "frames of Something-Something V2"
    template = "{:06d}.jpg"

    def __init__(self, root: Path, labels: Path | None = None) -> None:
        super().__init__(root, labels)
        self.frame_folder = _folder(root, FRAME_FOLDER) or root / FRAME_FOLDER

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Whether there are labels and frames, but no videos."""
        return (root / LABEL_FOLDER).exists() and has_frames_alone(root)

    def path_of(self, id: str) -> Path:
        """The folder of a video's frames."""
        return self.frame_folder / id


def has_frames_alone(root: Path) -> bool:
    """Whether ``root`` has the folder of frames, but not that of videos."""
    return _folder(root, FRAME_FOLDER) is not None and _folder(root, VIDEO_FOLDER) is None


def _folder(root: Path, name: str) -> Path | None:
    places = (root / name, root / "data" / name, *([root] if root.name == name else []))
    return next((place for place in places if place.exists()), None)


def class_file(labels: Path) -> Path:
    """The label map in the folder ``labels``."""
    return labels / "labels.json"


def label_file(labels: Path, split: Split) -> Path:
    """The label file of a split."""
    return labels / ("test-answers.csv" if split == "test" else f"{split}.json")


def _without_brackets(template: str) -> str:
    return template.replace("[", "").replace("]", "")


def _read_classes(path: Path) -> tuple[str, ...]:
    content = _read_json(path)
    try:
        index_of = {_without_brackets(template): int(index) for template, index in content.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path} must map each template to an index: {error}") from error
    if len(index_of) < len(content) or sorted(index_of.values()) != list(range(len(content))):
        raise ValueError(f"{path}: the indices must be 0 to {len(content) - 1}, each of one template")
    return tuple(sorted(index_of, key=index_of.__getitem__))


def _entries(path: Path) -> Iterable[Entry]:
    content = _read_json(path)
    if not isinstance(content, list):
        raise ValueError(f'{path} must be a list of entries with an "id" and a "template"')
    return (_entry(path, number, entry) for number, entry in enumerate(content, start=1))


def _entry(path: Path, number: int, entry: Any) -> Entry:
    """An entry; an id may be a number, as pandas writes it."""
    id, template = (entry.get("id"), entry.get("template")) if isinstance(entry, dict) else (None, None)
    is_id = isinstance(id, str) or type(id) is int
    if not is_id or not isinstance(template, str):
        raise ValueError(f'{path}: entry {number} must have an "id" and a "template", got {entry!r:.150}')
    return Entry(place=f"entry {number}", id=str(id), label=_without_brackets(template))


def _test_entries(path: Path) -> Iterable[Entry]:
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: the test split needs its answers, use the validation split")
    return (replace(entry, label=_without_brackets(entry.label)) for entry in ids_and_classes(path))


def _read_json(path: Path) -> Any:
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: the folder must contain Something-Something V2's label files")
    return read_json(path)
