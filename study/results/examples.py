"""Example clips for the report: four frames of one clip of each class, side by side."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from ffn.data.frame_sampling import segment_indices
from ffn.data.reading import Box, Frames, OpenedVideo, OpenVideo, again_if_miscounted, distinct_frames
from ffn.data.videos import Split, UnreadableVideoError, Video
from ffn.files import write_atomically
from study.dataset import StudyData

FRAMES, HEIGHT = 4, 72  # frames in a strip; pixels


def write_examples(folder: Path, data: StudyData, split: Split) -> None:
    """Write CLASS.jpg (the class's number) for every class of ``split`` that has none in ``folder`` yet.

    It shows the first readable clip of the class; a class without one is skipped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dataset = data.dataset
    missing = {number for number in range(len(dataset.classes)) if not (folder / f"{number}.jpg").exists()}
    for video in data.videos(split) if missing else ():
        if video.label in missing and (strip := _strip(video, dataset.open)):
            write_atomically(folder / f"{video.label}.jpg", strip)
            missing.remove(video.label)


def _strip(video: Video, open_video: OpenVideo) -> bytes | None:
    try:
        with open_video(video.path) as opened:
            frames, rows = again_if_miscounted(lambda: _few_frames(opened))
    except UnreadableVideoError:
        return None
    _, height, width = frames.shape
    strip = Image.fromarray(np.concatenate(list(frames.cut(Box(0, 0, height, width))[rows]), axis=1))
    content = io.BytesIO()
    strip.resize((round(strip.width * HEIGHT / height), HEIGHT)).save(content, "JPEG", quality=80)
    return content.getvalue()


def _few_frames(opened: OpenedVideo) -> tuple[Frames, np.ndarray]:
    indices, (rows,) = distinct_frames([segment_indices(opened.num_frames, FRAMES)])
    return opened.frames(indices), rows
