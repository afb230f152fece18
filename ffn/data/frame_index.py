"""Which frames a video file shows, and from which keyframe each is decoded, told from its packets alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import av
import numpy as np

VP8_SHOWN = 0x10  # the bit show_frame in the first byte of a VP8 frame (RFC 6386, 9.1)


@dataclass(frozen=True)
class FrameIndex:
    """The shown frames of a file, in the order of showing.

    ``times`` are their timestamps (N,), ``key_times`` and ``key_decoding_times`` those of the keyframes (K,), all
    ascending; None and empty if the file's timestamps do not tell its frames apart.
    """

    num_frames: int
    times: np.ndarray | None = None
    key_times: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    key_decoding_times: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def key_frames(self) -> np.ndarray:
        """The places of the keyframes among the frames (K,); none if ``times`` is None."""
        return np.searchsorted(self.key_times if self.times is None else self.times, self.key_times)

    def firsts(self, indices: np.ndarray) -> np.ndarray:
        """The first frames of the groups of pictures that hold the ascending ``indices``, or of the file."""
        key_frames = self.key_frames if self.times is not None else np.zeros(1, np.int64)
        return key_frames[np.unique(np.searchsorted(key_frames, indices, side="right") - 1)]

    def runs(self, indices: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """The ascending ``indices`` by runs of adjacent groups of pictures, each with the place of its first keyframe.

        Between two runs lies a group that holds no wanted frame. In an open group the frames that are decoded after a
        keyframe and shown before it belong to the group before.
        """
        assert self.times is not None
        groups = np.searchsorted(self.key_times, self.times[indices], side="right") - 1
        for run in np.split(np.arange(len(indices)), np.flatnonzero(np.diff(groups) > 1) + 1):
            yield int(groups[run[0]]), indices[run]


def index_packets(packets: Iterable[av.Packet], codec: str) -> FrameIndex:
    """Read the packets of a video stream, of which only numbers are kept."""
    times, keys = [], []
    for packet in packets:
        if not packet.size:
            continue
        if packet.is_keyframe:
            keys.append((packet.pts, packet.pts if packet.dts is None else packet.dts))
        if not packet.is_discard and not (codec == "vp8" and _hidden_in_vp8(packet)):
            times.append(packet.pts)
    return _timed(times, keys) or FrameIndex(len(times))


def _hidden_in_vp8(packet: av.Packet) -> bool:
    """Whether the packet is an alternate reference frame, which other frames are predicted from but nobody sees."""
    return not memoryview(packet)[0] & VP8_SHOWN


def _timed(times: list[int | None], keys: list[tuple[int | None, int | None]]) -> FrameIndex | None:
    """The index if every frame and keyframe has a time of its own and nothing is shown before the first keyframe."""
    if not times or not keys or None in times or any(None in key for key in keys):
        return None
    ordered, (key_times, key_decoding_times) = np.unique(np.array(times)), np.array(sorted(keys)).T
    if len(ordered) < len(times) or len(np.unique(key_times)) < len(keys) or ordered[0] < key_times[0]:
        return None
    return FrameIndex(len(times), ordered, key_times, key_decoding_times)
