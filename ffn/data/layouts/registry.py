"""A folder of labelled videos, whichever its layout."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ffn.data.decoding import decode, video_facts
from ffn.data.layouts import frame_folders, something_something
from ffn.data.manifest import read_manifest, with_manifest
from ffn.data.reading import ReadFrames
from ffn.data.videos import Split, Video, VideoFacts


@dataclass(frozen=True, kw_only=True)
class VideoDataset:
    """What training, evaluation and verification ask of a dataset."""

    root: Path
    classes: tuple[str, ...]
    """Names by index."""
    splits: tuple[Split, ...]
    """Those that have labels."""
    label_files: tuple[Path, ...]
    """They hold the label map and the splits."""
    flip: bool
    """Whether a mirrored clip keeps its class, so that training may mirror it."""
    labelled: Callable[[Split], tuple[Video, ...]]
    """The videos of a split as the label files list them."""
    read: ReadFrames
    """Gets the frames of a video's path."""
    facts: Callable[[Video], VideoFacts]
    """Reads a whole video. Raises UnreadableVideoError."""
    files: Callable[[Path], list[Path]]
    """The files that a video's path stands for."""

    def videos(self, split: Split) -> tuple[Video, ...]:
        """The videos of a split, with what the manifest says of them where there is one."""
        return with_manifest(self.labelled(split), read_manifest(self.root))

    def fingerprint(self) -> str:
        """A hash of the label files: the same for two datasets exactly when they hold the same task."""
        digest = hashlib.sha256()
        for path in self.label_files:
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]


def open_dataset(root: Path) -> VideoDataset:
    """The dataset in the folder ``root``: frame folders where it holds frames.json, else Something-Something V2.

    Raises FileNotFoundError for a folder without label files, ValueError for one whose files cannot be understood.
    """
    if (root / frame_folders.LAYOUT_FILE).exists():
        return _frame_folders(root)
    if (root / something_something.LABEL_FOLDER).exists():
        return _something_something(root)
    raise FileNotFoundError(
        f"{root} is no dataset: it must hold {something_something.LABEL_FOLDER}/ (Something-Something V2) "
        f"or {frame_folders.LAYOUT_FILE} (frame folders)"
    )


def _something_something(root: Path) -> VideoDataset:
    has_answers = something_something.label_file(root, "test").exists()
    splits: tuple[Split, ...] = ("train", "validation", "test") if has_answers else ("train", "validation")
    return VideoDataset(
        root=root,
        classes=something_something.read_classes(root),
        splits=splits,
        label_files=(
            something_something.class_file(root),
            *(something_something.label_file(root, split) for split in splits),
        ),
        flip=False,  # left and right are classes
        labelled=partial(something_something.read_videos, root),
        read=decode,
        facts=video_facts,
        files=_itself,
    )


def _itself(path: Path) -> list[Path]:
    return [path]


def _frame_folders(root: Path) -> VideoDataset:
    layout = frame_folders.read_layout(root)
    reader = frame_folders.FrameReader(layout.template)
    splits = tuple(split for split in ("train", "validation", "test") if getattr(layout, split) is not None)
    return VideoDataset(
        root=root,
        classes=frame_folders.read_class_file(root, layout),
        splits=splits,
        label_files=tuple(
            root / name
            for name in (frame_folders.LAYOUT_FILE, layout.classes, *(layout.list_file(split) for split in splits))
        ),
        flip=layout.flip,
        labelled=partial(frame_folders.read_list_file, root, layout),
        read=reader,
        facts=reader.facts,
        files=reader.frame_files,
    )
