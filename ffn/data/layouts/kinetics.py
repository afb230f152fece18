"""Kinetics: CSV files with a row per clip of a YouTube video, and files named by id and times.

ROOT/train.csv, ROOT/val.csv     any names, also in ROOT/annotations: label,youtube_id,time_start,time_end,split
ROOT/train/abseiling/---QUuC4vJs_000084_000094.mp4    or ---QUuC4vJs_84_94.mp4, anywhere below ROOT, any extension
"""

from collections.abc import Iterable
from pathlib import Path

from ffn.data.dataset import VideoDataset
from ffn.data.layouts.entries import Entry, in_order, labelled_videos, refuse_untrained
from ffn.data.layouts.found_files import FoundFiles
from ffn.data.text_files import read_csv
from ffn.data.videos import Split, Video

FOLDERS = (".", "annotations")
COLUMNS = ("label", "youtube_id", "time_start", "time_end", "split")
SPLITS: dict[str, Split] = {"train": "train", "val": "validation", "validate": "validation",
                            "validation": "validation", "test": "test"}  # fmt: skip


class Kinetics(VideoDataset):
    """The clips of the CSV files in ``root`` that have labels. Clips are never mirrored."""

    recognised_by = f"a CSV file with the columns {','.join(COLUMNS)}"
    description = "Kinetics"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.label_files = tuple(_label_files(root))
        entries = [(file, *entry) for file in self.label_files for entry in _entries(file)]
        self.classes = in_order(entry.label for _, _, entry in entries)
        self.entries = {split: [entry for _, found, entry in entries if found == split] for split in SPLITS.values()}
        self.splits = tuple(split for split, found in self.entries.items() if found)
        refuse_untrained(root, {split: {entry.label for entry in self.entries[split]} for split in self.splits})
        self.found = FoundFiles(root)

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Whether there is such a CSV file."""
        return any(_label_files(root))

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The clips of one split in the order of the files' names and lines."""
        self.check_split(split)
        return labelled_videos(self.root, self.entries[split], self.classes, self._path)

    def _path(self, id: str) -> Path:
        name, start, end = id.rsplit("_", 2)
        return self.found.find(f"{id}.mp4", f"{name}_{int(start)}_{int(end)}")


def _label_files(root: Path) -> Iterable[Path]:
    files = (file for folder in FOLDERS for file in sorted((root / folder).glob("*.csv")))
    return (file for file in files if _has_columns(file))


def _has_columns(file: Path) -> bool:
    with file.open("rb") as opened:
        header = opened.readline(1000).replace(b"\0", b"").lower()  # UTF-16 has zero bytes
    return all(name.encode() in header for name in COLUMNS)


def _entries(file: Path) -> Iterable[tuple[Split, Entry]]:
    for line, row in read_csv(file, COLUMNS).items():
        split = SPLITS.get(row["split"].strip().lower())
        if split is None:
            raise ValueError(f"{file}: line {line}: split must be train, val or test, got {row['split']!r}")
        try:
            start, end = (int(float(row[name])) for name in ("time_start", "time_end"))
        except ValueError as error:
            raise ValueError(f"{file}: line {line}: time_start and time_end must be seconds, {error}") from error
        missing = next((name for name in ("label", "youtube_id") if not row[name].strip()), None)
        if missing is not None:
            raise ValueError(f"{file}: line {line} has no {missing}")
        id = f"{row['youtube_id'].strip()}_{start:06d}_{end:06d}"
        yield split, Entry(place=f"{file.name}, line {line}", id=id, label=row["label"].strip())
