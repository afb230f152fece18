"""UCF101 with its numbered splits, each of which is a fold.

ROOT/ucfTrainTestlist/classInd.txt       a line ``1 ApplyEyeMakeup`` per class
ROOT/ucfTrainTestlist/trainlist01.txt    a line ``ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1`` per video
ROOT/ucfTrainTestlist/testlist01.txt     the same without the number; likewise 02 and 03
ROOT/UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi     or anywhere below ROOT, with any extension
"""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ffn.data.dataset import VideoDataset
from ffn.data.layouts.entries import Entry, labelled_videos
from ffn.data.layouts.found_files import FoundFiles
from ffn.data.text_files import read_lines
from ffn.data.videos import Split, Video

LIST_FOLDER = "ucfTrainTestlist"


class UCF101(VideoDataset):
    """The dataset in ``root``; fold 0 is its split 1, whose test videos are the split "validation"."""

    recognised_by = LIST_FOLDER
    description = "UCF101"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        folder = root / LIST_FOLDER
        class_file = folder / "classInd.txt"
        self.classes = _read_classes(class_file)
        self.num_folds = len(sorted(folder.glob("trainlist[0-9][0-9].txt")))
        if not self.num_folds:
            raise FileNotFoundError(f"{folder}/trainlist01.txt is missing: it lists the training videos of split 1")
        self.splits = ()
        self.label_files = (class_file, *sorted(folder.glob("t*list[0-9][0-9].txt")))
        self.found = FoundFiles(root)

    def labelled(self, split: Split) -> tuple[Video, ...]:
        """The training or test videos of the chosen fold, in the order of its list."""
        self.check_split(split)
        number = 1 + (self.chosen_fold or 0)  # one is chosen, else check_split raises
        name = f"{'train' if split == 'train' else 'test'}list{number:02d}.txt"
        file = self.root / LIST_FOLDER / name
        if not file.exists():
            raise FileNotFoundError(f"{file} is missing: fold {self.chosen_fold} needs it")
        return labelled_videos(file, self._entries(file), self.classes, self.found.find)

    def _entries(self, file: Path) -> Iterable[Entry]:
        spelled = {name.lower(): name for name in self.classes}
        for number, line in read_lines(file).items():
            id = re.sub(r"\s+\d+$", "", line)
            folder = PurePosixPath(id).parent.name
            yield Entry(place=f"line {number}", id=id, label=spelled.get(folder.lower(), folder))


def _read_classes(file: Path) -> tuple[str, ...]:
    if not file.exists():
        raise FileNotFoundError(f"{file} is missing: it lists the classes")
    lines = {number: line.split(maxsplit=1) for number, line in read_lines(file).items()}
    for place, (number, words) in enumerate(lines.items(), start=1):
        if len(words) != 2 or words[0] != str(place):
            raise ValueError(f"{file}: line {number} must be `{place} class`, got {' '.join(words)!r}")
    return tuple(name for _, name in lines.values())
