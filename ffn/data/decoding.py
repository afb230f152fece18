"""Frames and facts from video files, decoded by PyAV.

Frames are those that FFmpeg's program shows: turned and mirrored as the file says, without those that are only
decoded for others' sake or that an edit list leaves out. Pixels that are not square stay as they are stored. A
file whose frames change in size, format or orientation is refused.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import dropwhile
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from ffn.data.decoded_frames import DecodedFrames
from ffn.data.frame_index import FrameIndex, index_packets
from ffn.data.orientation import Orientation, orientation
from ffn.data.reading import Box, MiscountedError, again_if_miscounted
from ffn.data.videos import UnreadableVideoError, Video, VideoFacts

# A file that ends before this fraction of its stated duration is truncated; one more missing frame is tolerated.
WHOLE_SHARE = 0.9
SMALL_FILE = 4 << 20  # bytes; the packets of a smaller file are kept, which is faster than reading them twice


class VideoFile:
    """An open video file. Its packets are read when it is opened; those of a large file again to decode frames."""

    def __init__(self, path: Path, container: InputContainer) -> None:
        self.path, self.container, self.stream = path, container, _video_stream(container)
        self.packets = list(container.demux(self.stream)) if path.stat().st_size <= SMALL_FILE else None
        self.index = index_packets(self.packets or container.demux(self.stream), self.stream.codec_context.name)
        self.num_frames = self.index.num_frames
        if not self.num_frames:
            raise UnreadableVideoError(path, "no frame can be decoded")

    def frames(self, indices: np.ndarray) -> DecodedFrames:
        """The frames at the ascending ``indices``, from the groups of pictures that hold them.

        Raises UnreadableVideoError, and MiscountedError if another number of frames was decoded than the packets let
        expect; ``num_frames`` is then the number decoded.
        """
        if indices[-1] >= self.num_frames:
            raise UnreadableVideoError(self.path, f"frame {indices[-1]} is wanted of {self.num_frames}")
        frames = self._frames(indices)
        return DecodedFrames(frames, _common_orientation(self.path, frames))

    def _frames(self, indices: np.ndarray) -> list[av.VideoFrame]:
        if self.index.times is not None:
            try:
                return [frame for key, run in self.index.runs(indices) for frame in self._run(key, run)]
            except _NotAsIndexedError:
                self.index = FrameIndex(self.num_frames)
        return self._from_start(indices)

    def _run(self, key: int, indices: np.ndarray) -> list[av.VideoFrame]:
        """Decode from a keyframe up to the last of ``indices``."""
        times, key_time = self.index.times, self.index.key_times[key]
        assert times is not None
        number, wanted, found = int(np.searchsorted(times, key_time)), set(indices.tolist()), []
        for frame in self._decoded(key, times[indices[-1]]):
            if frame.pts is not None and frame.pts < key_time:
                continue
            if frame.pts != times[number]:
                break
            if number in wanted:
                found.append(frame)
            if number == indices[-1]:
                return found
            number += 1
        raise _NotAsIndexedError

    def _decoded(self, key: int, last_time: int) -> Iterator[av.VideoFrame]:
        """Decode from a keyframe on; not beyond the next keyframe once the packet of ``last_time`` is decoded.

        A decoder looks ahead, which must not reach into the next group: so it is drained there.
        """
        complete = False
        for packet in self._packets_from(key):
            if complete and packet.is_keyframe:
                yield from self.stream.codec_context.decode(None)
                return
            yield from packet.decode()
            complete = complete or packet.pts == last_time

    def _packets_from(self, key: int) -> Iterator[av.Packet]:
        """The packets from a keyframe on. Seeking may end at an earlier one."""
        key_time = self.index.key_times[key]
        packets = self._kept() if self.packets else self._sought(int(self.index.key_decoding_times[key]))
        return dropwhile(lambda packet: packet.pts != key_time or not packet.is_keyframe, packets)

    def _kept(self) -> Iterator[av.Packet]:
        self.stream.codec_context.flush_buffers()  # in case frames were decoded before
        return iter(self.packets or ())

    def _sought(self, time: int) -> Iterator[av.Packet]:
        try:
            self.container.seek(time, stream=self.stream)
        except av.FFmpegError as error:
            raise _NotAsIndexedError from error
        return self.container.demux(self.stream)

    def _from_start(self, indices: np.ndarray) -> list[av.VideoFrame]:
        """Decode the whole file, counting: where timestamps do not tell which frame is which."""
        wanted, picked, number = set(indices.tolist()), [], 0
        frames = (frame for packet in self._all_packets() for frame in packet.decode())
        for number, frame in enumerate(frames, start=1):
            if number - 1 in wanted:
                picked.append(frame)
        if not number:
            raise UnreadableVideoError(self.path, "no frame can be decoded")
        if number != self.num_frames:
            counted, self.num_frames = self.num_frames, number
            raise MiscountedError(self.path, f"it has {number} frames, not {counted} as its packets say")
        return picked

    def _all_packets(self) -> Iterator[av.Packet]:
        """From the start, also of a file that cannot seek."""
        if self.packets:
            yield from self._kept()
            return
        with opened(self.path) as container:
            yield from container.demux(_video_stream(container))


class _NotAsIndexedError(Exception):
    """Decoding from a keyframe did not give the frames that the index lets expect."""


@contextmanager
def open_video_file(path: Path) -> Iterator[VideoFile]:
    """Open a video file for reading. Raises UnreadableVideoError if it is missing or cannot be decoded."""
    with opened(path) as container:
        yield VideoFile(path, container)


def decode(path: str | Path, indices: Sequence[int] | np.ndarray) -> np.ndarray:
    """The frames of a video file at ``indices``, in their order, as a player shows them: (N, H, W, 3) uint8.

    Indices count the frames that are shown, from 0, and may repeat. Raises IndexError for one outside the video, and
    UnreadableVideoError (a ValueError) for a file that cannot be read.
    """
    wanted = np.asarray(indices)
    if wanted.ndim != 1 or not wanted.size or wanted.dtype.kind not in "iu":
        raise ValueError(f"indices must be whole numbers in one dimension, at least one, got {indices!r}")
    distinct, rows = np.unique(wanted, return_inverse=True)
    with open_video_file(Path(path)) as video:
        frames = again_if_miscounted(lambda: video.frames(_checked(distinct, video)))
        _, height, width = frames.shape
        return frames.cut(Box(0, 0, height, width))[rows]


def _checked(indices: np.ndarray, video: VideoFile) -> np.ndarray:
    for index in (indices[0], indices[-1]):
        if not 0 <= index < video.num_frames:
            raise IndexError(f"{video.path}: index {index} is not in 0..{video.num_frames - 1}, its frames")
    return indices


def video_facts(video: Video) -> VideoFacts:
    """Decode a whole video file. Raises UnreadableVideoError, also if it ends long before its stated duration."""
    path = video.path
    with opened(path) as container:
        stream = _video_stream(container)
        frames, first, last = 0, None, None
        for frame in container.decode(stream):
            frames, first, last = frames + 1, first or frame, frame
            turn = _common_orientation(path, [first, last])
        if first is None or last is None:
            raise UnreadableVideoError(path, "no frame can be decoded")
        _refuse_truncated(path, container, first, last)
        rate = stream.average_rate
        height, width = turn.shown_size(last.height, last.width)
        return VideoFacts(
            frames=frames,
            height=height,
            width=width,
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


def _video_stream(container: InputContainer) -> av.VideoStream:
    stream = container.streams.video[0]
    stream.thread_count = 1  # the loader's processes share the cores
    return stream


def _common_orientation(path: Path, frames: Sequence[av.VideoFrame]) -> Orientation:
    """How all frames are shown. Raises UnreadableVideoError if they differ."""
    if len({(frame.format.name, frame.height, frame.width) for frame in frames}) > 1:
        raise UnreadableVideoError(path, "its frames differ in size")
    try:
        orientations = {orientation(frame) for frame in frames}
    except ValueError as error:
        raise UnreadableVideoError(path, str(error)) from error
    if len(orientations) > 1:
        raise UnreadableVideoError(path, "its frames differ in orientation")
    return orientations.pop()


def _refuse_truncated(path: Path, container: InputContainer, first: av.VideoFrame, last: av.VideoFrame) -> None:
    stated, rate = _stated_seconds(container), container.streams.video[0].average_rate
    if stated is None or not rate or first.time is None or last.time is None:
        return
    one_frame = float(1 / rate)
    of_last = float(last.duration * last.time_base) if last.duration and last.time_base else 0.0
    found = last.time - first.time + max(one_frame, of_last)
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
