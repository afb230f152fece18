"""The known layouts, and which of them a folder has."""

from pathlib import Path

from ffn.data.dataset import VideoDataset
from ffn.data.layouts.class_folders import ClassFolders
from ffn.data.layouts.frame_folders import FrameFolders
from ffn.data.layouts.hmdb51 import HMDB51
from ffn.data.layouts.kinetics import Kinetics
from ffn.data.layouts.something_something import (
    SomethingSomething,
    SomethingSomethingFrames,
    class_file,
    has_frames_alone,
)
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
    return _layout_of(root) is not None


def open_dataset(root: Path, manifest: Path | None = None, labels: Path | None = None) -> VideoDataset:
    """The dataset in the folder ``root``, with its manifest there or in the file ``manifest``.

    ``labels``: the folder of Something-Something V2's label files, if they are not in ``root``.
    Raises FileNotFoundError for a folder without a known layout, and ValueError for invalid files in it or for
    ``labels`` with any other layout.
    """
    dataset = _with_labels_in(labels, root) if labels else _recognised(root)
    dataset.manifest = manifest or dataset.manifest
    return dataset


def _recognised(root: Path) -> VideoDataset:
    layout = _layout_of(root)
    if layout:
        return layout(root)
    known = ", ".join(f"{layout.recognised_by} ({layout.description})" for layout in LAYOUTS)
    index = "`python -m study data index` writes videos.csv where files or folders are named by their class"
    raise FileNotFoundError(f"{root} is not a dataset: {index}; else it must contain one of {known}")


def _with_labels_in(labels: Path, root: Path) -> VideoDataset:
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is missing: it must be the folder of the videos")
    layout = _layout_of(root)
    if layout and not issubclass(layout, SomethingSomething):
        raise ValueError(
            f"--labels is only for Something-Something V2, but {root} holds {layout.description}: leave it out"
        )
    if not class_file(labels).exists():
        raise FileNotFoundError(
            f"{class_file(labels)} is missing: --labels must name a folder with Something-Something V2's label files"
        )
    return (SomethingSomethingFrames if has_frames_alone(root) else SomethingSomething)(root, labels)


def _layout_of(root: Path) -> type[VideoDataset] | None:
    return next((layout for layout in LAYOUTS if layout.recognises(root)), None)
