"""Jester and Something-Something V1 as distributed: lists with a line ``id;class``, and a folder of frames per video.

ROOT/jester-v1-labels.csv        or something-something-v1-labels.csv: a line per class
ROOT/jester-v1-train.csv         a line ``id;class`` per video
ROOT/jester-v1-validation.csv
ROOT/20bn-jester-v1/<id>/00001.jpg
"""

from pathlib import Path

from ffn.data.layouts.entries import ids_and_classes, labelled_videos, read_classes
from ffn.data.layouts.pictures import PictureFolders
from ffn.data.videos import Split, Video

NAMES = ("jester-v1", "something-something-v1")


class TwentyBN(PictureFolders):
    """One of the two datasets in ``root``. Clips are never mirrored, as left and right are different classes."""

    recognised_by = " or ".join(f"{name}-labels.csv" for name in NAMES)
    description = "Jester, Something-Something V1"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.name = next(name for name in NAMES if _class_file(root, name).exists())
        self.classes = read_classes(_class_file(root, self.name))
        self.splits = ("train", "validation")
        self.label_files = (_class_file(root, self.name), *(self._list(split) for split in self.splits))

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Whether one of the two files of classes is there."""
        return any(_class_file(root, name).exists() for name in NAMES)

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The videos of one split in the order of its list. Raises FileNotFoundError or ValueError."""
        self.check_split(split)
        file = self._list(split)
        if not file.exists():
            raise FileNotFoundError(f"{file} is missing: it lists the videos of the split {split}")
        return labelled_videos(file, ids_and_classes(file), self.classes, self._path)

    def _list(self, split: Split) -> Path:
        return self.root / f"{self.name}-{split}.csv"

    def _path(self, id: str) -> Path:
        return self.root / f"20bn-{self.name}" / id


def _class_file(root: Path, name: str) -> Path:
    return root / f"{name}-labels.csv"
