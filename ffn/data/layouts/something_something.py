"""Something-Something V2 as distributed.

ROOT/20bn-something-something-v2/<id>.webm
ROOT/labels/labels.json          template without brackets -> index, a string
ROOT/labels/train.json           objects with "id" and "template" (brackets around the placeholders)
ROOT/labels/validation.json
ROOT/labels/test-answers.csv     id;template without brackets; without this file there is no test split
"""

import json
from pathlib import Path
from typing import Any

from ffn.data.dataset import VideoDataset
from ffn.data.videos import Split, Video, check_split

VIDEO_FOLDER = "20bn-something-something-v2"
LABEL_FOLDER = "labels"


class SomethingSomething(VideoDataset):
    """The dataset in ``root``. Clips are never mirrored, as left and right are different classes."""

    recognised_by = LABEL_FOLDER
    description = "Something-Something V2"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.classes = _read_classes(class_file(root))
        has_answers = label_file(root, "test").exists()
        self.splits = ("train", "validation", "test") if has_answers else ("train", "validation")
        self.label_files = (class_file(root), *(label_file(root, split) for split in self.splits))

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The videos of one split, in the order of its label file.

        Raises FileNotFoundError without a label file, ValueError for an unknown split or template.
        """
        check_split(split)
        index_of = {template: index for index, template in enumerate(self.classes)}
        path = label_file(self.root, split)
        templates = _test_templates(path) if split == "test" else _templates(path)
        unknown = next((template for template in templates.values() if template not in index_of), None)
        if unknown is not None:
            raise ValueError(f"{path}: the template {unknown!r} is not in {class_file(self.root).name}")
        return tuple(
            Video(id=id, path=self.root / VIDEO_FOLDER / f"{id}.webm", label=index_of[template])
            for id, template in templates.items()
        )


def class_file(root: Path) -> Path:
    """The label map."""
    return root / LABEL_FOLDER / "labels.json"


def label_file(root: Path, split: Split) -> Path:
    """The label file of a split."""
    return root / LABEL_FOLDER / ("test-answers.csv" if split == "test" else f"{split}.json")


def _read_classes(path: Path) -> tuple[str, ...]:
    content = _read_json(path)
    try:
        index_of = {template: int(index) for template, index in content.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path} must map each template to an index: {error}") from error
    if sorted(index_of.values()) != list(range(len(index_of))):
        raise ValueError(f"{path}: the indices must be 0 to {len(index_of) - 1}, each once")
    return tuple(sorted(index_of, key=index_of.__getitem__))


def _templates(path: Path) -> dict[str, str]:
    try:
        return {entry["id"]: entry["template"].replace("[", "").replace("]", "") for entry in _read_json(path)}
    except (KeyError, TypeError) as error:
        raise ValueError(f'{path}: every entry must have an "id" and a "template"') from error


def _test_templates(path: Path) -> dict[str, str]:
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: the test split needs its answers, use the validation split")
    lines = [line.partition(";") for line in path.read_text().splitlines() if line]
    return {id: template for id, _, template in lines}


def _read_json(path: Path) -> Any:
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: the folder must contain Something-Something V2's label files")
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not a JSON file: {error}") from error
