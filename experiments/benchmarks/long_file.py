"""What do 16 frames of a video of 20 minutes cost?

The file is H.264 at 24 frames a second and 426x240 pixels, in 600 groups of 48 frames: one group's frames
(``experiments.benchmarks.inputs``), encoded once and repeated. The frames wanted lie in 16 groups far apart.

The floor is the time to decode 16 groups from the start of a file of their own. Opening a file adds one pass over its
packets, because only their timestamps tell which frame is the n-th that is shown.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from experiments.benchmarks.data import decode_only
from experiments.benchmarks.inputs import FRAMES, HEIGHT, draw_frames
from experiments.benchmarks.measure import Measurement, compared
from ffn.data.decoding import open_video_file
from ffn.data.frame_sampling import segment_indices
from ffn.data.reading import Box
from ffn.data.videos import Video

GROUPS, QUICK_GROUPS, WANTED = 600, 20, 16
FPS, WIDTH = 24, 426  # H.264's colours need an even width
WHOLE = Box(0, 0, HEIGHT, WIDTH)


def measure(repeats: int, *, quick: bool = False) -> list[Measurement]:
    """All rows."""
    with tempfile.TemporaryDirectory() as folder:
        groups = QUICK_GROUPS if quick else GROUPS
        wanted_groups, whole = (write_groups(Path(folder) / f"{number}.mp4", number) for number in (WANTED, groups))
        indices = segment_indices(groups * FRAMES, WANTED)
        variants = {
            "every frame decoded": lambda: decode_only(Video(id="", path=whole, label=0)),
            "open": lambda: _open(whole),
            "open and read": lambda: frames_of(whole, indices),
            "open and read, by decord": lambda: by_decord(whole, indices),
            "the groups alone": lambda: decode_only(Video(id="", path=wanted_groups, label=0)),
        }
        timed = {name: lambda read=read: seconds(read) for name, read in variants.items()}
        rows = compared(f"{WANTED} of {groups * FRAMES:,} frames", "CPU s", timed, repeats)
        return [replace(row, floor=rows[-1].value) for row in rows]


def write_groups(path: Path, number: int) -> Path:
    """A video of ``number`` equal groups of pictures."""
    packets = _encoded_group(path.with_suffix(".h264.mp4"))
    with av.open(str(packets)) as group, av.open(str(path), "w") as container:
        source = group.streams.video[0]
        stream = container.add_stream_from_template(source)
        kept = [
            (bytes(packet), packet.pts, packet.dts, packet.is_keyframe) for packet in group.demux(source) if packet.size
        ]
        length = round(FRAMES / FPS / source.time_base)
        for turn in range(number):
            for content, pts, dts, is_keyframe in kept:
                packet = av.Packet(content)
                packet.stream, packet.time_base, packet.is_keyframe = stream, source.time_base, is_keyframe
                packet.pts, packet.dts = pts + turn * length, dts + turn * length
                container.mux(packet)
    return path


def frames_of(path: Path, indices: np.ndarray) -> np.ndarray:
    """RGB of the frames at ``indices``."""
    with open_video_file(path) as video:
        return video.frames(indices).cut(WHOLE)


def by_decord(path: Path, indices: np.ndarray) -> np.ndarray:
    """The same by decord, the other common library."""
    from decord import VideoReader

    return VideoReader(str(path), num_threads=1).get_batch(indices).asnumpy()


def seconds(read: Callable[[], object]) -> float:
    """CPU time of one call."""
    begin = time.process_time()
    read()
    return time.process_time() - begin


def _open(path: Path) -> None:
    with open_video_file(path):
        pass


def _encoded_group(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": str(FRAMES), "bf": "0", "crf": "30"})
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.codec_context.thread_count = 1
        for frame in draw_frames(0)[:, :, :WIDTH]:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path
