"""The known layouts, and which of them a folder has."""

from pathlib import Path

from ffn.data.dataset import VideoDataset
from ffn.data.layouts.class_folders import ClassFolders
from ffn.data.layouts.frame_folders import FrameFolders
from ffn.data.layouts.hmdb51 import HMDB51
from ffn.data.layouts.kinetics import Kinetics
from ffn.data.layouts.something_something import SomethingSomething, SomethingSomethingFrames
from ffn.data.layouts.twentybn import TwentyBN
from ffn.data.layouts.ucf101 import UCF101
from ffn.data.layouts.videos_csv import VideosCsv

LAYOUTS: tuple[type[VideoDataset], ...] = (  # the first that recognises a folder is used
    VideosCsv,
    FrameFolders,
    SomethingSomethingFrames,
    SomethingSomething,
    TwentyBN,
    UCF101,
    HMDB51,
    Kinetics,
    ClassFolders,
)


def is_dataset(root: Path) -> bool:
    """Whether any layout recognises the folder ``root``."""
    return any(layout.recognises(root) for layout in LAYOUTS)


def open_dataset(root: Path, manifest: Path | None = None) -> VideoDataset:
    """The dataset in the folder ``root``, with its manifest there or in the file ``manifest``.

    Raises FileNotFoundError for a folder without a known layout, ValueError for invalid files in it.
    """
    for layout in LAYOUTS:
        if layout.recognises(root):
            dataset = layout(root)
            dataset.manifest = manifest or dataset.manifest
            return dataset
    known = ", ".join(f"{layout.recognised_by} ({layout.description})" for layout in LAYOUTS)
    index = "`python -m study data index` writes videos.csv where files or folders are named by their class"
    raise FileNotFoundError(f"{root} is not a dataset: {index}; else it must contain one of {known}")
