"""Every frame of a small dataset, decoded once into one file that all trials of a node map into memory.

For the synthetic videos decoding costs more than training the tiny network; the pages are shared between processes.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from ffn.data.decoding import decode
from ffn.data.reading import Box, Choose, FrameArray, ReadFrames, distinct_frames
from ffn.data.videos import UnreadableVideoError, Video
from ffn.files import write_atomically


class DecodedCache:
    """Reads what ``build_decoded_cache`` wrote; takes the place of ``decode`` for the videos in it."""

    def __init__(self, folder: Path) -> None:
        self.entries = json.loads((folder / "index.json").read_text())
        self.bytes = np.memmap(folder / "frames.bin", dtype=np.uint8, mode="r")

    def __call__(self, path: Path, choose: Choose) -> tuple[FrameArray, list[np.ndarray]]:
        """As ``decode``. Raises ValueError for a video that is not in the cache."""
        if path.name not in self.entries:
            raise ValueError(f"{path} is not in the decoded cache: delete the cache's folder to build it anew")
        entry = self.entries[path.name]
        if "unreadable" in entry:
            raise UnreadableVideoError(path, entry["unreadable"])
        offset, shape = entry["offset"], entry["shape"]
        video = self.bytes[offset : offset + int(np.prod(shape))].reshape(shape)
        indices, rows = distinct_frames(choose(len(video)))
        return FrameArray(video, indices), rows


def build_decoded_cache(videos: Sequence[Video], root: Path, read: ReadFrames = decode) -> Path:
    """Decode ``videos`` into a folder below ``root`` unless that is done already, and return the folder.

    The folder's name is a hash of the files' names, sizes and times, so changed videos make a new cache.
    Raises ValueError when two videos have the same name.
    """
    if len({video.path.name for video in videos}) < len(videos):
        raise ValueError(f"{root}: decoded_cache wants videos whose names all differ, turn it off")
    folder = root / _fingerprint(videos)
    if (folder / "index.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for left_behind in folder.glob("*.part"):  # by a run that was killed; each is as large as the cache
        left_behind.unlink()
    part = folder / f"{os.getpid()}.part"
    entries = {}
    with part.open("wb") as file, ThreadPoolExecutor() as pool:
        for video, frames in zip(videos, pool.map(partial(_all_frames, read), videos)):
            if isinstance(frames, UnreadableVideoError):
                entries[video.path.name] = {"unreadable": frames.reason}
                continue
            entries[video.path.name] = {"offset": file.tell(), "shape": frames.shape}
            file.write(frames.tobytes())
    os.replace(part, folder / "frames.bin")
    write_atomically(folder / "index.json", json.dumps(entries).encode())
    return folder


def _all_frames(read: ReadFrames, video: Video) -> np.ndarray | UnreadableVideoError:
    try:
        frames, _ = read(video.path, lambda length: [np.arange(length)])
    except UnreadableVideoError as error:
        return error
    _, height, width = frames.shape
    return frames.cut(Box(0, 0, height, width))


def _fingerprint(videos: Sequence[Video]) -> str:
    facts = [(video.path.name, *_size_and_time(video.path)) for video in videos]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _size_and_time(path: Path) -> tuple[int, ...]:
    if not path.exists():
        return ()
    status = path.stat()
    return status.st_size, status.st_mtime_ns
