"""Videos as folders of numbered pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path

import numpy as np
from PIL import Image

from ffn.data.dataset import VideoDataset
from ffn.data.reading import FrameArray
from ffn.data.videos import UnreadableVideoError, Video, VideoFacts


class PictureFolders(VideoDataset):
    """A dataset whose videos are folders of pictures, named by their ``template`` and numbered from 0 or 1."""

    template: str = "{:05d}.jpg"
    """The file name of a frame by its number; upper and lower case are the same."""

    @contextmanager
    def open(self, path: Path) -> Iterator["PictureFolder"]:
        """Open a folder of frames. Raises UnreadableVideoError if it cannot be listed."""
        yield PictureFolder(path, self.files(path))

    def facts(self, video: Video) -> VideoFacts:
        """Read every frame of a folder. Raises UnreadableVideoError, also for fewer frames than in the list file."""
        files = self.files(video.path)
        video.usable_length(len(files))
        shapes = {read_picture(file).shape for file in files}
        height, width, _ = _only(shapes, video.path)
        return VideoFacts(frames=len(files), height=height, width=width, fps=None, codec=files[0].suffix[1:].lower())

    def files(self, path: Path) -> list[Path]:
        """The frames in order, up to the first missing number; the first has number 0 if there is one, else 1."""
        try:
            present = {file.name.lower(): file for file in path.iterdir()}
        except OSError as error:
            raise UnreadableVideoError(path, f"the folder cannot be read: {error.strerror}") from error
        first = 0 if self.template.format(0).lower() in present else 1
        names = (self.template.format(number).lower() for number in count(first))
        return [present[name] for name in takewhile(present.__contains__, names)]


@dataclass(frozen=True)
class PictureFolder:
    """A video stored as images (an ``OpenedVideo``)."""

    path: Path
    files: list[Path]

    @property
    def num_frames(self) -> int:
        """Number of images."""
        return len(self.files)

    def frames(self, indices: np.ndarray) -> FrameArray:
        """Read the images at ``indices``. Raises UnreadableVideoError."""
        pictures = [read_picture(self.files[index]) for index in indices]
        _only({picture.shape for picture in pictures}, self.path)
        return FrameArray(np.stack(pictures), np.arange(len(pictures)))


def _only(shapes: set[tuple[int, ...]], path: Path) -> tuple[int, ...]:
    if len(shapes) != 1:
        raise UnreadableVideoError(path, "its frames differ in size")
    return next(iter(shapes))


def read_picture(path: Path) -> np.ndarray:
    """The pixels (H, W, 3) uint8 of an image. Raises UnreadableVideoError, also for one of absurd size."""
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"))
    except Exception as error:  # Pillow raises many kinds: OSError, SyntaxError, ValueError, DecompressionBombError
        raise UnreadableVideoError(path.parent, f"the frame {path.name} cannot be read: {error}") from error
