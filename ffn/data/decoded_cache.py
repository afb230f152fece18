"""Every frame of a small dataset, decoded once into one file that all trials of a node map into memory.

For the synthetic videos decoding costs more than training the tiny network; the pages are shared between processes.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ffn.data.decoding import Choose, decode, distinct_frames
from ffn.data.labels import Video


class DecodedCache:
    """Reads what ``build_decoded_cache`` wrote; takes the place of ``decode`` for the videos in it."""

    def __init__(self, folder: Path) -> None:
        self.entries = json.loads((folder / "index.json").read_text())
        self.bytes = np.memmap(folder / "frames.bin", dtype=np.uint8, mode="r")

    def __call__(self, path: Path, choose: Choose) -> tuple[np.ndarray, list[np.ndarray]]:
        """As ``decode``. Raises ValueError for a video that is not in the cache."""
        if path.name not in self.entries:
            raise ValueError(f"{path} is not in the decoded cache: delete the cache's folder to build it anew")
        offset, shape = self.entries[path.name]["offset"], self.entries[path.name]["shape"]
        video = self.bytes[offset : offset + int(np.prod(shape))].reshape(shape)
        indices, rows = distinct_frames(choose(len(video)))
        return video[indices], rows


def build_decoded_cache(videos: Sequence[Video], root: Path) -> Path:
    """Decode ``videos`` into a folder below ``root`` unless that is done already, and return the folder.

    The folder's name is a hash of the files' names, sizes and times, so changed videos make a new cache.
    """
    folder = root / _fingerprint(videos)
    if (folder / "index.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"frames.{os.getpid()}"
    entries = {}
    with part.open("wb") as file, ThreadPoolExecutor() as pool:
        for video, frames in zip(videos, pool.map(_all_frames, videos)):
            entries[video.path.name] = {"offset": file.tell(), "shape": frames.shape}
            file.write(frames.tobytes())
    os.replace(part, folder / "frames.bin")
    index_part = folder / f"index.{os.getpid()}"
    index_part.write_text(json.dumps(entries))
    os.replace(index_part, folder / "index.json")
    return folder


def _all_frames(video: Video) -> np.ndarray:
    return decode(video.path, lambda length: [np.arange(length)])[0]


def _fingerprint(videos: Sequence[Video]) -> str:
    facts = [(video.path.name, video.path.stat().st_size, video.path.stat().st_mtime_ns) for video in videos]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
