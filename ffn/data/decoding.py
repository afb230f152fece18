"""Frames out of video files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.plane import VideoPlane

from ffn.data.reading import Box, Choose, distinct_frames
from ffn.data.videos import UnreadableVideoError, Video, VideoFacts

# A file that ends before this share of the duration that it states is truncated; one frame more is forgiven.
WHOLE_SHARE = 0.9


@dataclass(frozen=True)
class DecodedFrames:
    """Frames of one size and format as the decoder leaves them; ``cut`` converts to RGB no more than it cuts out."""

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


def decode(path: Path, choose: Choose) -> tuple[DecodedFrames, list[np.ndarray]]:
    """Decode one video file once for all the clips that ``choose`` wants of it.

    The answer is the distinct frames in ascending order, and for each clip the rows that make it.
    Raises UnreadableVideoError for a file that is missing, and for one whose frames cannot be had.
    """
    with opened(path) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1  # the loader's processes share the cores
        packets = list(container.demux(stream))
        num_frames = sum(packet.size > 0 for packet in packets)
        if not num_frames:
            raise UnreadableVideoError(path, "not one frame can be decoded")
        indices, rows = distinct_frames(choose(num_frames))
        decoded = (frame for packet in packets for frame in packet.decode())
        frames = _pick(decoded, indices)
    if len(frames) < len(indices):
        raise UnreadableVideoError(path, f"it has fewer frames than its {num_frames} packets")
    if len({(frame.format.name, frame.height, frame.width) for frame in frames}) > 1:
        raise UnreadableVideoError(path, "its frames differ in size")
    return DecodedFrames(frames), rows


def video_facts(video: Video) -> VideoFacts:
    """Decode a video file from its first frame to its last.

    Raises UnreadableVideoError also for a file that ends long before the duration that it states.
    """
    path = video.path
    with opened(path) as container:
        stream = container.streams.video[0]
        frames, first, last = 0, None, None
        for frame in container.decode(stream):
            frames, first, last = frames + 1, first or frame, frame
        if last is None:
            raise UnreadableVideoError(path, "not one frame can be decoded")
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
    """The file, which has a video stream. Raises UnreadableVideoError also for what fails while it is open."""
    if not path.exists():
        raise UnreadableVideoError(path, "the file is missing")
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            if not container.streams.video:
                raise UnreadableVideoError(path, "it holds no video stream")
            yield container
    except av.FFmpegError as error:
        raise UnreadableVideoError(path, error.strerror) from error


def _pick(frames: Iterator[av.VideoFrame], indices: np.ndarray) -> list[av.VideoFrame]:
    wanted = set(indices.tolist())
    return [frame for index, frame in enumerate(islice(frames, int(indices[-1]) + 1)) if index in wanted]


def _cut_planes(frames: Sequence[av.VideoFrame], box: Box) -> np.ndarray:
    """Cut from the planes, and convert all cuts in one call, as one picture with the frames below each other.

    Every colour sample belongs to two by two pixels and the conversion looks no further, so a cut that begins and ends
    between them has the pixels that the whole frame has there.
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
    """A plane's rows with their padding, which holds the one column that an odd width lacks."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)


def _refuse_truncated(path: Path, container: InputContainer, first: av.VideoFrame, last: av.VideoFrame) -> None:
    stated, rate = _stated_seconds(container), container.streams.video[0].average_rate
    if stated is None or not rate or first.time is None or last.time is None:
        return
    one_frame = float(1 / rate)
    found = last.time - first.time + one_frame
    if found + one_frame < WHOLE_SHARE * stated:
        raise UnreadableVideoError(path, f"it ends after {found:.2f} of {stated:.2f} seconds: truncated")


def _stated_seconds(container: InputContainer) -> float | None:
    """The video's duration as the file states it; the container's counts only where there is no sound beside it."""
    stream = container.streams.video[0]
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None
