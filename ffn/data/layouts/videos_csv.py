"""A list of videos: ROOT/videos.csv, as ``python -m study data index`` writes it or by hand.

    path,label,fold                 or   path,label,split
    up/hand 1.mp4,up,0                   up/hand 1.mp4,up,train
    down/hand 1.MOV,down,1               down/hand 1.MOV,down,validation

A path is relative to ROOT or absolute. ``fold`` counts from 0; ``split`` is train, validation or test. A column
``group`` says which clips belong together (one person, one recording); they must all be in one fold or split.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from ffn.data.dataset import VideoDataset
from ffn.data.text_files import read_csv
from ffn.data.videos import Split, Video

VIDEOS_CSV = "videos.csv"


@dataclass(frozen=True)
class Row:
    """One video, and its split or fold."""

    video: Video
    part: str


class VideosCsv(VideoDataset):
    """The videos that ROOT/videos.csv lists. Clips are never mirrored."""

    recognised_by = VIDEOS_CSV
    description = "a list of videos"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        file = root / VIDEOS_CSV
        self.label_files = (file,)
        cells = _read(file)
        self.classes = in_order({row["label"] for row in cells.values()})
        index_of = {name: index for index, name in enumerate(self.classes)}
        self.rows = [Row(_video(root, row["path"], index_of[row["label"]]), row["part"]) for row in cells.values()]
        parts = {row.part for row in self.rows}
        self.splits = tuple(split for split in get_args(Split) if split in parts)
        self.num_folds = 0 if self.splits else len(parts)

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The videos of one split, in the file's order. Raises ValueError for a split that is unknown or empty."""
        self.check_split(split)
        found = tuple(row.video for row in self.rows if self._is_in(split, row.part))
        if not found:
            raise ValueError(f"{self.label_files[0]}: no video has the split {split!r}")
        return found

    def all_videos(self) -> tuple[Video, ...]:
        """Every video in the file's order."""
        return tuple(row.video for row in self.rows)

    def _is_in(self, split: Split, part: str) -> bool:
        if self.chosen_fold is None:
            return part == split
        return split == ("validation" if int(part) == self.chosen_fold else "train")


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Class names in the order of their labels: sorted, by value if all are whole numbers."""
    distinct = sorted(set(names))
    return tuple(sorted(distinct, key=int) if all(name.isdecimal() for name in distinct) else distinct)


def _video(root: Path, path: str, label: int) -> Video:
    """The video at ``path``; its id is the path relative to the root, or as it is for one elsewhere."""
    whole = Path(os.path.normpath(root / path))
    below = os.path.normpath(root)
    return Video(
        id=(whole.relative_to(below) if whole.is_relative_to(below) else whole).as_posix(), path=whole, label=label
    )


def _read(file: Path) -> dict[int, dict[str, str]]:
    """The rows by line; ``part`` is the fold or split. Raises ValueError with the file and line."""
    rows = read_csv(file, ("path", "label"), ("split", "fold", "group"))
    if not rows:
        raise ValueError(f"{file} lists no video")
    columns = next(iter(rows.values())).keys() & {"split", "fold"}
    if len(columns) != 1:
        raise ValueError(f"{file} must have either a column split or a column fold")
    (column,) = columns
    for line, row in rows.items():
        _check(file, line, row, column)
    stripped = {
        line: row | {"label": row["label"].strip(), "part": row[column].strip(), "group": row.get("group", "").strip()}
        for line, row in rows.items()
    }
    _refuse_same_path(file, stripped)
    _refuse_divided_group(file, stripped)
    if column == "fold":
        _check_folds(file, {int(row["part"]) for row in stripped.values()})
    return stripped


def _check(file: Path, line: int, row: Mapping[str, str], column: str) -> None:
    empty = next((name for name in ("path", "label") if not row[name].strip()), None)
    if empty is not None:
        raise ValueError(f"{file}: line {line} has no {empty}")
    part = row[column].strip()
    if column == "split" and part not in get_args(Split):
        raise ValueError(f"{file}: line {line}: split must be one of {', '.join(get_args(Split))}, got {part!r}")
    if column == "fold" and not (part.isascii() and part.isdecimal()):
        raise ValueError(f"{file}: line {line}: fold must be a whole number from 0, got {part!r}")


def _refuse_same_path(file: Path, rows: Mapping[int, Mapping[str, str]]) -> None:
    first: dict[str, int] = {}
    for line, row in rows.items():
        path = os.path.normpath(row["path"])
        if path in first:
            raise ValueError(f"{file}: lines {first[path]} and {line} have the same path {path!r}: remove one")
        first[path] = line


def _refuse_divided_group(file: Path, rows: Mapping[int, Mapping[str, str]]) -> None:
    """Clips of one group on both sides would be a leak from training into evaluation."""
    first: dict[str, int] = {}
    for line, row in rows.items():
        known = first.setdefault(row["group"], line)
        if row["group"] and row["part"] != rows[known]["part"]:
            raise ValueError(f"{file}: lines {known} and {line} are of group {row['group']!r} but not together")


def _check_folds(file: Path, folds: set[int]) -> None:
    if len(folds) < 2 or folds != set(range(len(folds))):
        raise ValueError(f"{file}: folds must be 0, 1 and so on without a gap, at least two, got {sorted(folds)}")
