"""The known layouts, and which of them a folder has."""

from pathlib import Path

from ffn.data.dataset import VideoDataset
from ffn.data.layouts.frame_folders import FrameFolders
from ffn.data.layouts.something_something import SomethingSomething
from ffn.data.layouts.videos_csv import VideosCsv

LAYOUTS: tuple[type[VideoDataset], ...] = (  # the first that recognises a folder is used
    VideosCsv,
    FrameFolders,
    SomethingSomething,
)


def is_dataset(root: Path) -> bool:
    """Whether any layout recognises the folder ``root``."""
    return any(layout.recognises(root) for layout in LAYOUTS)


def open_dataset(root: Path) -> VideoDataset:
    """The dataset in the folder ``root``.

    Raises FileNotFoundError for a folder without a known layout, ValueError for invalid files in it.
    """
    for layout in LAYOUTS:
        if layout.recognises(root):
            return layout(root)
    known = " or ".join(f"{layout.recognised_by} ({layout.description})" for layout in reversed(LAYOUTS))
    raise FileNotFoundError(f"{root} is not a dataset: it must contain {known}")
