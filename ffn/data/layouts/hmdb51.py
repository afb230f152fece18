"""HMDB51 with its three numbered splits, each of which is a fold.

ROOT/testTrainMulti_7030_splits/brush_hair_test_split1.txt    a line ``name.avi 1`` per video of the class: 1 is
                                                              training, 2 test, 0 neither; likewise 2 and 3
ROOT/hmdb51_org/brush_hair/name.avi                           or anywhere below ROOT, with any extension
"""

import re
from collections.abc import Iterable
from pathlib import Path

from ffn.data.dataset import VideoDataset
from ffn.data.layouts.entries import Entry, in_order, labelled_videos
from ffn.data.layouts.found_files import FoundFiles
from ffn.data.text_files import read_lines
from ffn.data.videos import Split, Video

LIST_FOLDER = "testTrainMulti_7030_splits"
MARKS: dict[str, Split | None] = {"0": None, "1": "train", "2": "validation"}


class HMDB51(VideoDataset):
    """The dataset in ``root``; fold 0 is its split 1, whose test videos are the split "validation"."""

    recognised_by = LIST_FOLDER
    description = "HMDB51"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.folder = root / LIST_FOLDER
        self.label_files = tuple(sorted(self.folder.glob("*_test_split[0-9].txt")))
        names = [re.fullmatch(r"(.+)_test_split(\d)\.txt", file.name) for file in self.label_files]
        self.classes = in_order(name[1] for name in names if name)
        self.num_folds = len({name[2] for name in names if name})
        if not self.num_folds:
            raise FileNotFoundError(f"{self.folder} has no file such as brush_hair_test_split1.txt")
        self.splits = ()
        self.found = FoundFiles(root)

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The training or test videos of the chosen fold, class by class."""
        self.check_split(split)
        entries = (entry for label in self.classes for entry in self._entries(label, split))
        return labelled_videos(self.folder, entries, self.classes, self.found.find)

    def _entries(self, label: str, split: Split) -> Iterable[Entry]:
        number = 1 + (self.chosen_fold or 0)  # one is chosen, else check_split raises
        file = self.folder / f"{label}_test_split{number}.txt"
        if not file.exists():
            raise FileNotFoundError(f"{file} is missing: fold {self.chosen_fold} needs it")
        for number, line in read_lines(file).items():
            name, _, mark = line.rpartition(" ")
            if mark not in MARKS or not name:
                raise ValueError(f"{file}: line {number} must be `name mark` with mark 0, 1 or 2, got {line!r}")
            if MARKS[mark] == split:
                yield Entry(place=f"{file.name}, line {number}", id=f"{label}/{name.strip()}", label=label)
