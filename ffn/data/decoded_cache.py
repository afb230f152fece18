"""Every frame of a small dataset, decoded once into a file that all trials of a node memory-map.

Decoding the synthetic videos takes longer than training the tiny network; processes share the mapped pages. Frames that
are larger than needed are scaled down, so a crop is then cut from the scaled frame and not from the file's own pixels.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchvision.transforms.v2.functional import resize

from ffn.data.decoding import open_video_file
from ffn.data.reading import Box, Frames, OpenedVideo, OpenVideo, VideoArray, again_if_miscounted
from ffn.data.videos import UnreadableVideoError, Video
from ffn.files import write_atomically

DECODED_AT_ONCE, FRAMES_AT_ONCE = 256, 32  # frames of full size in memory: as the decoder gives them, and as RGB


class DecodedCache:
    """Reads what ``build_decoded_cache`` wrote; ``open`` is an ``OpenVideo`` for the videos in it."""

    def __init__(self, folder: Path) -> None:
        self.entries = json.loads((folder / "index.json").read_text())
        self.bytes = np.memmap(folder / "frames.bin", dtype=np.uint8, mode="r")

    @contextmanager
    def open(self, path: Path) -> Iterator[VideoArray]:
        """The decoded video. Raises UnreadableVideoError, or ValueError for a video that is not in the cache."""
        if path.name not in self.entries:
            raise ValueError(f"{path} is not in the decoded cache: delete the cache's folder to rebuild it")
        entry = self.entries[path.name]
        if "unreadable" in entry:
            raise UnreadableVideoError(path, entry["unreadable"])
        offset, shape = entry["offset"], entry["shape"]
        yield VideoArray(self.bytes[offset : offset + int(np.prod(shape))].reshape(shape))


def build_decoded_cache(
    videos: Sequence[Video], root: Path, open_video: OpenVideo = open_video_file, *, short_side: int
) -> Path:
    """Decode ``videos`` into a folder below ``root`` unless that is done, and return the folder.

    Frames whose short side is longer than ``short_side`` pixels are scaled down to it, with antialiasing and as bytes;
    others stay as they are. The folder's name is a hash of the files' names, sizes and times, so changed videos give a
    new cache, and ``short_side``. Raises ValueError if two videos have the same name.
    """
    if len({video.path.name for video in videos}) < len(videos):
        raise ValueError(f"{root}: decoded_cache needs videos with distinct names: turn it off")
    folder = root / f"{_fingerprint(videos)}-{short_side}"
    if (folder / "index.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for abandoned in folder.glob("*.part"):  # left by a killed run, as large as the cache
        abandoned.unlink()
    part = folder / f"{os.getpid()}.part"
    entries: dict[str, dict[str, Any]] = {}
    with part.open("wb") as file, ThreadPoolExecutor() as pool:
        for video, frames in zip(videos, pool.map(partial(_all_frames, open_video, short_side), videos)):
            if isinstance(frames, UnreadableVideoError):
                entries[video.path.name] = {"unreadable": frames.reason}
                continue
            entries[video.path.name] = {"offset": file.tell(), "shape": frames.shape}
            file.write(frames.tobytes())
    os.replace(part, folder / "frames.bin")
    write_atomically(folder / "index.json", json.dumps(entries).encode())
    return folder


def _all_frames(open_video: OpenVideo, short_side: int, video: Video) -> np.ndarray | UnreadableVideoError:
    try:
        with open_video(video.path) as opened:
            return again_if_miscounted(lambda: _in_parts(opened, video, short_side))
    except UnreadableVideoError as error:
        return error


def _in_parts(opened: OpenedVideo, video: Video, short_side: int) -> np.ndarray:
    video.usable_length(opened.num_frames)
    places = np.arange(opened.num_frames)
    decoded = (
        opened.frames(places[start : start + DECODED_AT_ONCE]) for start in range(0, len(places), DECODED_AT_ONCE)
    )
    parts = [_fitted(frames, short_side) for frames in decoded]
    if len({part.shape[1:] for part in parts}) > 1:
        raise UnreadableVideoError(video.path, "its frames differ in size")
    return np.concatenate(parts)


def _fitted(frames: Frames, short_side: int) -> np.ndarray:
    number, height, width = frames.shape
    whole = Box(0, 0, height, width)
    if min(height, width) <= short_side:
        return frames.cut(whole)
    rows = (slice(start, start + FRAMES_AT_ONCE) for start in range(0, number, FRAMES_AT_ONCE))
    return np.concatenate([_scaled(frames.cut(whole, some), short_side) for some in rows])


def _scaled(pixels: np.ndarray, short_side: int) -> np.ndarray:
    """(N, H, W, 3) uint8 with the short side at ``short_side``, in the same proportions."""
    height, width = pixels.shape[1:3]
    size = [round(side * short_side / min(height, width)) for side in (height, width)]
    return resize(torch.from_numpy(pixels).permute(0, 3, 1, 2), size, antialias=True).permute(0, 2, 3, 1).numpy()


def _fingerprint(videos: Sequence[Video]) -> str:
    facts = [(video.path.name, *_size_and_time(video.path)) for video in videos]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _size_and_time(path: Path) -> tuple[int, ...]:
    if not path.exists():
        return ()
    status = path.stat()
    return status.st_size, status.st_mtime_ns
