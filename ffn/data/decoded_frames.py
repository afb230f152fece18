"""Frames decoded by PyAV, of which only what is cut becomes RGB."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from av.video.plane import VideoPlane

from ffn.data.orientation import Orientation
from ffn.data.reading import Box


@dataclass(frozen=True)
class DecodedFrames:
    """Decoded frames of one size, format and orientation, shown upright; ``cut`` converts only the box to RGB."""

    frames: Sequence[av.VideoFrame]
    orientation: Orientation = Orientation()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Their number, height and width as shown."""
        return len(self.frames), *self.orientation.shown_size(self.frames[0].height, self.frames[0].width)

    def cut(self, box: Box, rows: slice = slice(None)) -> np.ndarray:
        """What ``box`` covers of the frames ``rows``: (N, height, width, 3) uint8."""
        frames, first = self.frames[rows], self.frames[0]
        if first.format.name == "yuv420p" and first.height % 2 == self.shape[1] % 2 == 0:
            stored = self.orientation.stored(box, first.height, first.width)
            return self.orientation.shown(_cut_planes(frames, stored))
        upright = frames if self.orientation == Orientation() else _upright(frames, self.orientation)
        return np.stack([_rgb(frame)[box.slices] for frame in upright])


def _cut_planes(frames: Sequence[av.VideoFrame], box: Box) -> np.ndarray:
    """Cut the planes, stack the cuts vertically into one picture, and convert it to RGB in one call.

    A colour sample covers 2x2 pixels and the conversion does not look beyond it, so a cut along these borders gives
    the same pixels as converting the whole frame, turned or not.
    """
    even = _grown_to_even(box)
    tower = av.VideoFrame(even.width, even.height * len(frames), frames[0].format.name)
    tower.colorspace, tower.color_range = frames[0].colorspace, frames[0].color_range
    for number, samples in enumerate(tower.planes):
        part = even if number == 0 else Box(even.top // 2, even.left // 2, even.height // 2, even.width // 2)
        cuts = _samples(samples).reshape(len(frames), part.height, -1)[:, :, : part.width]
        for cut, frame in zip(cuts, frames):
            cut[:] = _samples(frame.planes[number])[part.slices]
    pixels = _rgb(tower).reshape(len(frames), even.height, even.width, 3)
    inner = Box(box.top - even.top, box.left - even.left, box.height, box.width)
    return pixels[:, *inner.slices]


def _rgb(frame: av.VideoFrame) -> np.ndarray:
    """(H, W, 3), converted by one thread, as the loader's processes share the cores."""
    return frame.to_ndarray(format="rgb24", threads=1)


def _grown_to_even(box: Box) -> Box:
    top, left = box.top // 2 * 2, box.left // 2 * 2
    bottom, right = (box.top + box.height + 1) // 2 * 2, (box.left + box.width + 1) // 2 * 2
    return Box(top, left, bottom - top, right - left)


def _samples(plane: VideoPlane) -> np.ndarray:
    """A plane's rows with their padding, which fills the column missing at an odd width."""
    pixels = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # PyAV does not declare its buffers
    return pixels.reshape(-1, plane.line_size)


def _upright(frames: Sequence[av.VideoFrame], orientation: Orientation) -> list[av.VideoFrame]:
    """Turned by FFmpeg before they become RGB, for formats whose RGB of a turned frame is not the turned RGB."""
    first, graph = frames[0], Graph()
    source = graph.add_buffer(width=first.width, height=first.height, format=first.format, time_base=Fraction(1, 1000))
    filters = [graph.add(name, arguments) for name, arguments in orientation.filters]
    graph.link_nodes(source, *filters, graph.add("buffersink")).configure()
    return [_filtered(graph, frame) for frame in frames]


def _filtered(graph: Graph, frame: av.VideoFrame) -> av.VideoFrame:
    graph.push(frame)
    turned = graph.pull()
    assert isinstance(turned, av.VideoFrame)
    turned.colorspace, turned.color_range = frame.colorspace, frame.color_range
    return turned
