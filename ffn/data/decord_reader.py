"""Frames decoded by decord, the same as the default reader's, or the file is refused.

decord counts hidden frames, too, knows no mirrored files, makes RGB in a way of its own where the height is odd, and
recovers damaged frames from their neighbours. It looks for a keyframe at its place among the packets, which is another
one among the frames where a group of pictures is open. So the default reader says which frames there are, and decodes
the first of each group that is read: these must be equal. decord seeks only where groups are closed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ffn.data.decoding import VideoFile, open_video_file
from ffn.data.reading import Box, FrameArray, Reader
from ffn.data.videos import UnreadableVideoError

NO_FAULT = 1e-9  # the share of frames that decord may replace by their neighbours; 0 is no limit
INSTEAD = ": read it with the reader 'pyav'"


def require_reader(reader: Reader) -> None:
    """Raise ValueError unless ``reader`` is installed."""
    if reader == "decord" and find_spec("decord") is None:
        raise ValueError("reader 'decord' is not installed: install decord2, or choose the reader 'pyav'")


@dataclass(frozen=True)
class DecordVideo:
    """A video file that decord decodes; ``shown`` is what the default reader knows of it."""

    shown: VideoFile

    @property
    def num_frames(self) -> int:
        """Number of frames."""
        return self.shown.num_frames

    def frames(self, indices: np.ndarray) -> FrameArray:
        """The frames at the ascending, distinct ``indices``. Raises UnreadableVideoError, and MiscountedError."""
        firsts = self.shown.index.firsts(indices)
        first_frames = self.shown.frames(firsts)
        decoded = np.union1d(firsts, indices)
        pixels = self._decoded(decoded)
        whole = Box(0, 0, *first_frames.shape[1:])
        if not np.array_equal(pixels[np.searchsorted(decoded, firsts)], first_frames.cut(whole)):
            raise UnreadableVideoError(self.shown.path, f"decord shows other frames{INSTEAD}")
        return FrameArray(pixels, np.searchsorted(decoded, indices))

    def _decoded(self, indices: np.ndarray) -> np.ndarray:
        with _refused(self.shown.path):
            reader = _reader(self.shown.path)
            if len(reader) != self.num_frames:
                raise UnreadableVideoError(
                    self.shown.path, f"decord counts {len(reader)} frames, not {self.num_frames}{INSTEAD}"
                )
            if np.array_equal(reader.get_key_indices(), self.shown.index.key_frames):
                return reader.get_batch(indices).asnumpy()
            return _from_start(reader, indices)


@contextmanager
def open_with_decord(path: Path) -> Iterator[DecordVideo]:
    """Open a video file for reading. Raises UnreadableVideoError if it is missing or cannot be decoded."""
    with open_video_file(path) as shown:
        yield DecordVideo(shown)


def _reader(path: Path) -> Any:
    from decord import VideoReader, logging  # here, as it must not be loaded in a process that forks

    logging.set_level(logging.QUIET)  # what is wrong with a file is raised
    return VideoReader(str(path), num_threads=1, fault_tol=NO_FAULT)


def _from_start(reader: Any, indices: np.ndarray) -> np.ndarray:
    wanted = set(indices.tolist())
    frames = ((number, reader.next()) for number in range(indices[-1] + 1))
    return np.stack([frame.asnumpy() for number, frame in frames if number in wanted])


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """decord's errors have no common class: whatever it raises becomes UnreadableVideoError."""
    try:
        yield
    except (UnreadableVideoError, ImportError):
        raise
    except Exception as error:
        raise UnreadableVideoError(path, f"decord: {_line(error)}{INSTEAD}") from error


def _line(error: Exception) -> str:
    """decord's message without its trace."""
    return str(error).strip().split("\n")[0] or type(error).__name__
