"""Something-Something V2's folder as it is distributed: videos by identifier, and label files.

ROOT/20bn-something-something-v2/<id>.webm
ROOT/labels/labels.json          template without brackets -> index, a string
ROOT/labels/train.json           objects with "id" and "template" (brackets around the placeholders)
ROOT/labels/validation.json
ROOT/labels/test.json            objects with "id"
ROOT/labels/test-answers.csv     id;template without brackets
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

VIDEO_FOLDER = "20bn-something-something-v2"
LABEL_FOLDER = "labels"
Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, kw_only=True)
class Video:
    """One labelled video file."""

    id: str
    path: Path
    label: int


def read_classes(root: Path) -> tuple[str, ...]:
    """The class templates without brackets, by index.

    Raises FileNotFoundError without labels.json, ValueError when its indices are not 0, 1, 2, ...
    """
    path = root / LABEL_FOLDER / "labels.json"
    index_of = {template: int(index) for template, index in _read_json(path).items()}
    if sorted(index_of.values()) != list(range(len(index_of))):
        raise ValueError(f"{path}: the indices must be 0 to {len(index_of) - 1}, each once")
    return tuple(sorted(index_of, key=index_of.__getitem__))


def read_videos(root: Path, split: Split) -> tuple[Video, ...]:
    """The videos of one split, in the order of its label file.

    Raises FileNotFoundError without a label file, ValueError for a split or a template that is not known.
    """
    if split not in get_args(Split):
        raise ValueError(f"split must be one of {', '.join(get_args(Split))}, got {split!r}")
    index_of = {template: index for index, template in enumerate(read_classes(root))}
    templates = _test_templates(root) if split == "test" else _templates(root, split)
    unknown = next((template for template in templates.values() if template not in index_of), None)
    if unknown is not None:
        raise ValueError(f"{root / LABEL_FOLDER}: {split} names the template {unknown!r}, which labels.json lacks")
    return tuple(
        Video(id=id, path=root / VIDEO_FOLDER / f"{id}.webm", label=index_of[template])
        for id, template in templates.items()
    )


def label_fingerprint(root: Path) -> str:
    """A hash of the label map and the splits: the same for two folders exactly when they hold the same task."""
    digest = hashlib.sha256()
    for name in ("labels.json", "train.json", "validation.json", "test-answers.csv"):
        path = root / LABEL_FOLDER / name
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:16]


def _templates(root: Path, split: Split) -> dict[str, str]:
    entries = _read_json(root / LABEL_FOLDER / f"{split}.json")
    return {entry["id"]: entry["template"].replace("[", "").replace("]", "") for entry in entries}


def _test_templates(root: Path) -> dict[str, str]:
    path = root / LABEL_FOLDER / "test-answers.csv"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: the test split needs its answers, use the validation split")
    lines = path.read_text().splitlines()
    return dict(line.split(";", maxsplit=1) for line in lines if line)


def _read_json(path: Path) -> dict | list:
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: the folder must hold Something-Something V2's label files")
    return json.loads(path.read_text())
