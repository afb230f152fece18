"""Frames and facts from video files, decoded by PyAV."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.plane import VideoPlane

from ffn.data.reading import Box
from ffn.data.videos import UnreadableVideoError, Video, VideoFacts

# A file that ends before this fraction of its stated duration is truncated; one more missing frame is tolerated.
WHOLE_SHARE = 0.9


@dataclass(frozen=True)
class DecodedFrames:
    """Decoded frames of one size and format; ``cut`` converts only the box to RGB."""

    frames: Sequence[av.VideoFrame]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Their number, height and width."""
        return len(self.frames), self.frames[0].height, self.frames[0].width

    def cut(self, box: Box, rows: slice = slice(None)) -> np.ndarray:
        """What ``box`` covers of the frames ``rows``: (N, height, width, 3) uint8."""
        first = self.frames[0]
        if first.format.name == "yuv420p" and first.height % 2 == 0:
            return _cut_planes(self.frames[rows], box)
        return np.stack([frame.to_ndarray(format="rgb24")[box.slices] for frame in self.frames[rows]])


class VideoFile:
    """An open video file; its packets are read once and kept until it is closed."""

    def __init__(self, path: Path, container: InputContainer) -> None:
        self.path, self.stream = path, container.streams.video[0]
        self.stream.thread_count = 1  # the loader's processes share the cores
        self.packets = list(container.demux(self.stream))
        self.num_frames = sum(packet.size > 0 for packet in self.packets)
        if not self.num_frames:
            raise UnreadableVideoError(path, "no frame can be decoded")

    def frames(self, indices: np.ndarray) -> DecodedFrames:
        """Decode up to the last of the ascending ``indices``. Raises UnreadableVideoError."""
        self.stream.codec_context.flush_buffers()  # in case frames were decoded before
        frames = _pick((frame for packet in self.packets for frame in packet.decode()), indices)
        if len(frames) < len(indices):
            raise UnreadableVideoError(self.path, f"it has fewer frames than its {self.num_frames} packets")
        if len({(frame.format.name, frame.height, frame.width) for frame in frames}) > 1:
            raise UnreadableVideoError(self.path, "its frames differ in size")
        return DecodedFrames(frames)


@contextmanager
def open_video_file(path: Path) -> Iterator[VideoFile]:
    """Open a video file for reading. Raises UnreadableVideoError if it is missing or cannot be decoded."""
    with opened(path) as container:
        yield VideoFile(path, container)


def video_facts(video: Video) -> VideoFacts:
    """Decode a whole video file. Raises UnreadableVideoError, also if it ends long before its stated duration."""
    path = video.path
    with opened(path) as container:
        stream = container.streams.video[0]
        frames, first, last = 0, None, None
        for frame in container.decode(stream):
            frames, first, last = frames + 1, first or frame, frame
        if first is None or last is None:
            raise UnreadableVideoError(path, "no frame can be decoded")
        _refuse_truncated(path, container, first, last)
        rate = stream.average_rate
        return VideoFacts(
            frames=frames,
            height=last.height,
            width=last.width,
            fps=round(float(rate), 3) if rate else None,
            codec=stream.codec_context.name,
        )


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Open a file with a video stream. FFmpeg's errors until it is closed become UnreadableVideoError."""
    if not path.exists():
        raise UnreadableVideoError(path, "the file is missing")
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            if not container.streams.video:
                raise UnreadableVideoError(path, "it has no video stream")
            yield container
    except av.FFmpegError as error:
        raise UnreadableVideoError(path, error.strerror or str(error)) from error


def _pick(frames: Iterator[av.VideoFrame], indices: np.ndarray) -> list[av.VideoFrame]:
    wanted = set(indices.tolist())
    return [frame for index, frame in enumerate(islice(frames, int(indices[-1]) + 1)) if index in wanted]


def _cut_planes(frames: Sequence[av.VideoFrame], box: Box) -> np.ndarray:
    """Cut the planes, stack the cuts vertically into one picture, and convert it to RGB in one call.

    A colour sample covers 2x2 pixels and the conversion does not look beyond it, so a cut along these borders gives
    the same pixels as converting the whole frame.
    """
    even = _grown_to_even(box)
    tower = av.VideoFrame(even.width, even.height * len(frames), frames[0].format.name)
    tower.colorspace, tower.color_range = frames[0].colorspace, frames[0].color_range
    for number, samples in enumerate(tower.planes):
        part = even if number == 0 else Box(even.top // 2, even.left // 2, even.height // 2, even.width // 2)
        cuts = _samples(samples).reshape(len(frames), part.height, -1)[:, :, : part.width]
        for cut, frame in zip(cuts, frames):
            cut[:] = _samples(frame.planes[number])[part.slices]
    pixels = tower.to_ndarray(format="rgb24").reshape(len(frames), even.height, even.width, 3)
    inner = Box(box.top - even.top, box.left - even.left, box.height, box.width)
    return pixels[:, *inner.slices]


def _grown_to_even(box: Box) -> Box:
    top, left = box.top // 2 * 2, box.left // 2 * 2
    bottom, right = (box.top + box.height + 1) // 2 * 2, (box.left + box.width + 1) // 2 * 2
    return Box(top, left, bottom - top, right - left)


def _samples(plane: VideoPlane) -> np.ndarray:
    """A plane's rows with their padding, which fills the column missing at an odd width."""
    pixels = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # PyAV does not declare its buffers
    return pixels.reshape(-1, plane.line_size)


def _refuse_truncated(path: Path, container: InputContainer, first: av.VideoFrame, last: av.VideoFrame) -> None:
    stated, rate = _stated_seconds(container), container.streams.video[0].average_rate
    if stated is None or not rate or first.time is None or last.time is None:
        return
    one_frame = float(1 / rate)
    found = last.time - first.time + one_frame
    if found + one_frame < WHOLE_SHARE * stated:
        raise UnreadableVideoError(path, f"it ends after {found:.2f} of {stated:.2f} seconds: truncated")


def _stated_seconds(container: InputContainer) -> float | None:
    """The video's stated duration; the container's is used only if the video is its only stream."""
    stream = container.streams.video[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None
