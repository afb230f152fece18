"""A list of videos: ROOT/videos.csv, as ``python -m study data index`` writes it or by hand.

    path,label,fold                 or   path,label,split
    up/hand 1.mp4,up,0                   up/hand 1.mp4,up,train
    down/hand 1.MOV,down,1               down/hand 1.MOV,down,validation

A path is relative to ROOT or absolute. ``fold`` counts from 0; ``split`` is train, validation or test. A column
``group`` says which clips belong together (one person, one recording); they must all be in one fold or split.
"""

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from ffn.data.dataset import VideoDataset
from ffn.data.layouts.entries import Entry, in_order, labelled_videos, refuse_untrained
from ffn.data.text_files import read_csv
from ffn.data.videos import Split, Video

VIDEOS_CSV = "videos.csv"


class VideosCsv(VideoDataset):
    """The videos that ROOT/videos.csv lists. Clips are never mirrored."""

    recognised_by = VIDEOS_CSV
    description = "a list of videos"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        file = root / VIDEOS_CSV
        rows = read_csv(file, ("path", "label"), ("split", "fold", "group"))
        parts = _parts(file, rows)
        entries = [
            Entry(place=f"line {line}", id=_id(root, row["path"]), label=row["label"].strip())
            for line, row in rows.items()
        ]
        self.label_files = (file,)
        self.classes = in_order(entry.label for entry in entries)
        self.splits = tuple(split for split in get_args(Split) if split in parts.values())
        self.num_folds = 0 if self.splits else len(set(parts.values()))
        self._videos = labelled_videos(file, entries, self.classes, root.joinpath)
        self._part_of = dict(zip((entry.id for entry in entries), parts.values()))
        self._refuse_untrained()

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The videos of one split, in the file's order. Raises ValueError for a split that is unknown or empty."""
        self.check_split(split)
        return tuple(video for video in self._videos if self._split_of(self._part_of[video.id]) == split)

    def all_videos(self) -> tuple[Video, ...]:
        """Every video in the file's order."""
        return self._videos

    def _split_of(self, part: str) -> str:
        if self.chosen_fold is None:
            return part
        return "validation" if int(part) == self.chosen_fold else "train"

    def _refuse_untrained(self) -> None:
        """Raise ValueError for a class without a training video; in one fold alone, it would have none there."""
        classes = defaultdict(set)
        for video in self._videos:
            classes[self._part_of[video.id]].add(self.classes[video.label])
        if not self.num_folds:
            return refuse_untrained(self.label_files[0], classes)
        for name in self.classes:
            folds = [fold for fold, names in classes.items() if name in names]
            if len(folds) == 1:
                raise ValueError(f"{self.label_files[0]}: the class {name!r} is in fold {folds[0]} alone")
        return None


def _id(root: Path, path: str) -> str:
    """The path relative to the root, or as it is for a file elsewhere."""
    below, whole = os.path.normpath(root), Path(os.path.normpath(root / path))
    return (whole.relative_to(below) if whole.is_relative_to(below) else whole).as_posix()


def _parts(file: Path, rows: Mapping[int, Mapping[str, str]]) -> dict[int, str]:
    """Each line's fold or split. Raises ValueError with the file and line."""
    given = {name for row in rows.values() for name in row if name in ("split", "fold")}
    if len(given) != 1:
        raise ValueError(f"{file} must list videos with either a column split or a column fold")
    (column,) = given
    parts = {line: _part(file, line, column, row) for line, row in rows.items()}
    _refuse_divided_group(file, rows, parts)
    folds = sorted(map(int, set(parts.values()))) if column == "fold" else [0, 1]
    if len(folds) < 2 or folds != list(range(len(folds))):
        raise ValueError(f"{file}: folds must be 0, 1 and so on without a gap, at least two, got {folds}")
    return parts


def _part(file: Path, line: int, column: str, row: Mapping[str, str]) -> str:
    empty = next((name for name in ("path", "label") if not row[name].strip()), None)
    if empty is not None:
        raise ValueError(f"{file}: line {line} has no {empty}")
    part = row[column].strip()
    if column == "split":
        if part not in get_args(Split):
            raise ValueError(f"{file}: line {line}: split must be one of {', '.join(get_args(Split))}, got {part!r}")
        return part
    if not (part.isascii() and part.isdecimal()):
        raise ValueError(f"{file}: line {line}: fold must be a whole number from 0, got {part!r}")
    return str(int(part))


def _refuse_divided_group(file: Path, rows: Mapping[int, Mapping[str, str]], parts: Mapping[int, str]) -> None:
    """Clips of one group on both sides would be a leak from training into evaluation."""
    first: dict[str, int] = {}
    for line, row in rows.items():
        group = row.get("group", "").strip()
        known = first.setdefault(group, line)
        if group and parts[line] != parts[known]:
            raise ValueError(
                f"{file}: lines {known} and {line} are of group {group!r} but in {parts[known]} and {parts[line]}"
            )
