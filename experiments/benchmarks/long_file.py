"""What do 16 frames of a video of 20 minutes cost?

The file is H.264 at 24 frames a second and 426x240 pixels, in 600 groups of 48 frames: one group's frames
(``experiments.benchmarks.inputs``), encoded once and repeated. The frames wanted lie in 16 groups far apart.

The floor is the time to decode 16 groups from the start of a file of their own. Opening a file adds one pass over its
packets, because only their timestamps tell which frame is the n-th that is shown.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import av
import numpy as np

from experiments.benchmarks.data import decode_only, decord_reader, milliseconds
from experiments.benchmarks.inputs import FRAMES, HEIGHT, draw_frames
from experiments.benchmarks.measure import Measurement, compared
from ffn.data.decoding import open_video_file
from ffn.data.frame_sampling import segment_indices
from ffn.data.reading import Box
from ffn.data.videos import Video

GROUPS, QUICK_GROUPS, WANTED = 600, 20, 16
FPS, WIDTH = 24, 426  # H.264's colours need an even width
WHOLE = Box(0, 0, HEIGHT, WIDTH)


def measure(repeats: int, *, quick: bool = False) -> Iterator[list[Measurement]]:
    """All tables."""
    groups = QUICK_GROUPS if quick else GROUPS
    indices = segment_indices(groups * FRAMES, WANTED)
    with tempfile.TemporaryDirectory() as folder:
        group = encoded_group(Path(folder) / "group.mp4")
        wanted_groups, whole = (repeated(group, Path(folder) / f"{number}.mp4", number) for number in (WANTED, groups))
        variants = {
            "every frame decoded": (decode_only, whole),
            "open": (_open, whole),
            "open and read": (partial(frames_of, indices=indices), whole),
            "open and read, by decord": (partial(frames_by_decord, indices=indices), whole),
            "the groups alone": (decode_only, wanted_groups),
        }
        timed = {name: partial(milliseconds, read, [video]) for name, (read, video) in variants.items()}
        rows = compared(f"{WANTED} of {groups * FRAMES:,} frames", "CPU ms", timed, repeats)
        yield [replace(row, floor=rows[-1].value) for row in rows]


def encoded_group(path: Path) -> Path:
    """A video of one group of pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": str(FRAMES), "bf": "0", "crf": "30"})
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.codec_context.thread_count = 1
        for frame in draw_frames(0)[:, :, :WIDTH]:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


def repeated(group: Path, path: Path, number: int) -> Video:
    """A video of ``number`` times the packets of ``group``."""
    with av.open(str(group)) as one, av.open(str(path), "w") as container:
        source = one.streams.video[0]
        stream = container.add_stream_from_template(source)
        kept = [
            (bytes(packet), packet.pts, packet.dts, packet.is_keyframe) for packet in one.demux(source) if packet.size
        ]
        length = round(FRAMES / FPS / source.time_base)
        for turn in range(number):
            for content, pts, dts, is_keyframe in kept:
                packet = av.Packet(content)
                packet.stream, packet.time_base, packet.is_keyframe = stream, source.time_base, is_keyframe
                packet.pts, packet.dts = pts + turn * length, dts + turn * length
                container.mux(packet)
    return Video(id=path.stem, path=path, label=0)


def frames_of(video: Video, indices: np.ndarray) -> np.ndarray:
    """RGB of the frames at ``indices``."""
    with open_video_file(video.path) as opened:
        return opened.frames(indices).cut(WHOLE)


def frames_by_decord(video: Video, indices: np.ndarray) -> np.ndarray:
    """The same by decord, the other common library."""
    return decord_reader(video).get_batch(indices).asnumpy()


def _open(video: Video) -> None:
    with open_video_file(video.path):
        pass
