"""Frames are those that FFmpeg shows, in every container and codec; only the groups that hold them are decoded."""

import os
from contextlib import contextmanager
from fractions import Fraction

import av
import numpy as np
import pytest

import ffn
from ffn.data import decoding
from ffn.data.decoding import open_video_file, video_facts
from ffn.data.reading import Box
from ffn.data.videos import UnreadableVideoError, Video

FRAMES, HEIGHT, WIDTH = 20, 48, 64
OPEN_GROUPS = "open-gop=1:bframes=2:b-adapt=0:scenecut=0"
FILES = {  # container, encoder, pixel format, options
    "mp4": ("mp4", "libx264", "yuv420p", {"g": "6", "bf": "2"}),
    "mov": ("mov", "libx264", "yuv420p", {"g": "6", "bf": "2"}),
    "open groups": ("mkv", "libx264", "yuv420p", {"g": "6", "x264-params": OPEN_GROUPS}),
    "mkv": ("mkv", "libx264", "yuv420p", {"g": "6", "bf": "2"}),
    "ts": ("ts", "libx264", "yuv420p", {"g": "6", "bf": "2"}),
    "avi": ("avi", "mpeg4", "yuv420p", {"g": "6"}),
    "avi with bidirectional frames": ("avi", "mpeg4", "yuv420p", {"g": "6", "bf": "2"}),
    "avi with VP8": ("avi", "libvpx", "yuv420p", {"g": "6"}),
    "stream without container": ("h264", "libx264", "yuv420p", {"g": "6", "bf": "2"}),
    "fading refresh": ("mkv", "libx264", "yuv420p", {"g": "6", "x264-params": "intra-refresh=1"}),
    "10 bits": ("mp4", "libx264", "yuv420p10le", {"g": "6"}),
    "4:4:4": ("mp4", "libx264", "yuv444p", {"g": "6"}),
    "4:2:2": ("mp4", "libx264", "yuv422p", {"g": "6"}),
    "hevc": ("mp4", "libx265", "yuv420p", {"x265-params": "keyint=6:log-level=none:pools=1"}),
    "mpeg2": ("ts", "mpeg2video", "yuv420p", {"g": "6", "bf": "2"}),
    "vp8": ("webm", "libvpx", "yuv420p", {"g": "6"}),
    "vp9": ("webm", "libvpx-vp9", "yuv420p", {"g": "6", "cpu-used": "8"}),
    "vp9 in mp4": ("mp4", "libvpx-vp9", "yuv420p", {"g": "6", "cpu-used": "8"}),
    "av1": ("mkv", "libsvtav1", "yuv420p", {"g": "6", "preset": "12"}),
    "mjpeg, full range": ("mov", "mjpeg", "yuvj420p", {}),
    "ffv1": ("mkv", "ffv1", "yuv420p", {}),
    "gif": ("gif", "gif", "rgb8", {}),
}  # fmt: skip
TURNS = {"mp4": (0, 90, 180, 270), "10 bits": (90,), "4:4:4": (270,), "4:2:2": (90,), "hevc": (180,)}


@pytest.fixture(params=["packets kept", "packets read again"])
def small_file(request, monkeypatch):
    """Files of both kinds: those whose packets are kept, and larger ones."""
    if request.param == "packets read again":
        monkeypatch.setattr(decoding, "SMALL_FILE", 0)


@contextmanager
def usual_scheduling():
    """SVT-AV1 gives the thread that opens it real-time priority where it may: for root, and for good."""
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    yield
    os.sched_setscheduler(0, policy, parameters)


@usual_scheduling()
def write(path, kind, degrees=0, frames=FRAMES, pts=lambda number: number, size=(HEIGHT, WIDTH)):
    """A file of noise and slopes that move."""
    height, width = size
    container_format, encoder, pixel_format, options = FILES[kind]
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    quiet = {"format": {"mkv": "matroska", "ts": "mpegts"}.get(container_format, container_format)}
    with av.open(str(path), "w", **quiet) as container:
        stream = container.add_stream(encoder, rate=12, options=options)
        stream.height, stream.width, stream.pix_fmt = height, width, pixel_format
        stream.codec_context.thread_count = 1
        if degrees:
            stream.set_display_rotation(degrees)
        for number in range(frames):
            pixels = np.stack([rows * 4, columns * 3, (rows + columns + 9 * number) % 256], axis=-1)
            pixels = np.clip(pixels + rng.integers(-20, 20, pixels.shape), 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=pixel_format)
            frame.pts = pts(number)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def shown(path, degrees=0):
    """Every frame (N, H, W, 3) after FFmpeg's own filters: the matrix turns against the clock."""
    filters = {0: [], 90: [("transpose", "cclock")], 180: [("hflip", None), ("vflip", None)]}
    filters[270] = [("transpose", "clock")]
    with av.open(str(path)) as container:
        return np.stack([filtered(frame, filters[degrees]) for frame in container.decode(video=0)])


def filtered(frame, filters):
    if not filters:
        return frame.to_ndarray(format="rgb24")
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 12))
    graph.link_nodes(source, *(graph.add(*filter) for filter in filters), graph.add("buffersink")).configure()
    graph.push(frame)
    return graph.pull().to_ndarray(format="rgb24")


@pytest.mark.parametrize(("kind", "degrees"), [(kind, turn) for kind in FILES for turn in TURNS.get(kind, (0,))])
def test_frames_are_those_that_ffmpeg_shows(kind, degrees, small_file, tmp_path):
    path = write(tmp_path / "clip", kind, degrees)
    expected, rng = shown(path, degrees), np.random.default_rng(1)
    facts = video_facts(Video(id="", path=path, label=0))
    assert (facts.frames, facts.height, facts.width) == expected.shape[:3]
    for _ in range(6):
        wanted = rng.integers(0, len(expected), 3)
        assert np.array_equal(ffn.decode(path, wanted), expected[wanted])
    with open_video_file(path) as video:
        assert video.num_frames == len(expected)
        indices = np.array([2, len(expected) - 1])
        frames = video.frames(indices)
        box = Box(5, 7, 20, 31)
        assert np.array_equal(frames.cut(box), expected[indices][:, *box.slices])
        assert np.array_equal(frames.cut(box, slice(1, 2)), expected[indices[1:]][:, *box.slices])


def packets_of(path):
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def without_first_packets(path, source_path, number, container_format):
    """A copy that begins later, as when a file is cut without encoding it again."""
    with av.open(str(source_path)) as source, av.open(str(path), "w", format=container_format) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in [packet for packet in source.demux(video=0) if packet.size][number:]:
            packet.stream = stream
            target.mux(packet)
    return path


def test_frames_before_an_open_groups_keyframe_are_those_that_ffmpeg_shows(small_file, tmp_path):
    """They are decoded after it, and with the group before."""
    path = write(tmp_path / "clip", "open groups")
    times, keyframes = zip(*((packet.pts, packet.is_keyframe) for packet in packets_of(path)))
    last_key = np.maximum.accumulate(np.where(keyframes, times, 0))
    leading = np.flatnonzero(np.array(times) < last_key)
    assert len(leading)
    expected = shown(path)
    for frame in np.searchsorted(np.sort(times), np.array(times)[leading]):
        assert np.array_equal(ffn.decode(path, [frame]), expected[[frame]])


@pytest.mark.parametrize("kind", ["mkv", "mp4"])
def test_frames_that_cannot_be_decoded_are_not_counted(kind, small_file, tmp_path):
    """Here those of a recording that begins inside a group of pictures."""
    container_format = "matroska" if kind == "mkv" else kind
    path = without_first_packets(tmp_path / "cut", write(tmp_path / "clip", kind), 2, container_format)
    expected = shown(path)
    assert len(expected) < len(packets_of(path))
    assert np.array_equal(ffn.decode(path, [3, 9]), expected[[3, 9]])
    with pytest.raises(IndexError, match=rf"not in 0\.\.{len(expected) - 1}"):
        ffn.decode(path, [len(expected)])


def test_a_size_that_changes_inside_a_file_is_refused(small_file, tmp_path):
    parts = [write(tmp_path / f"{height}", "ts", size=(height, 64)).read_bytes() for height in (48, 64)]
    path = tmp_path / "joined"
    path.write_bytes(b"".join(parts))
    for read in (lambda: ffn.decode(path, [0, FRAMES + 5]), lambda: video_facts(Video(id="", path=path, label=0))):
        with pytest.raises(UnreadableVideoError, match="differ in size"):
            read()


HIDDEN = (3, 7, 8)


def write_hidden(folder):
    """A file in which VP8's bit show_frame is cleared in some packets, as encoders do it for alternate reference
    frames; and the same file before."""
    path, hiding = write(folder / "clip", "vp8"), folder / "hiding"
    with av.open(str(path)) as source, av.open(str(hiding), "w", format="webm") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(packet for packet in source.demux(video=0) if packet.size):
            content = bytearray(bytes(packet))
            content[0] &= ~(0x10 if number in HIDDEN else 0)
            copy = av.Packet(bytes(content))
            copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
            copy.is_keyframe, copy.stream = packet.is_keyframe, stream
            target.mux(copy)
    return hiding, path


def test_hidden_frames_are_decoded_and_not_counted(small_file, tmp_path):
    hiding, path = write_hidden(tmp_path)
    expected = shown(path)[np.setdiff1d(np.arange(FRAMES), HIDDEN)]
    assert np.array_equal(shown(hiding), expected)
    with open_video_file(hiding) as video:
        assert video.num_frames == len(expected)
        assert video.index.times is not None
    assert np.array_equal(ffn.decode(hiding, [9, 2, 16]), expected[[9, 2, 16]])


def destroy_groups(path):
    """Destroy the frames of the second and third group behind their first byte; the places of all keyframes."""
    packets = packets_of(path)
    keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    content = bytearray(path.read_bytes())
    for packet in packets[keys[1] : keys[3]]:
        at = content.index(bytes(packet))
        content[at + 1 : at + packet.size] = bytes([255]) * (packet.size - 1)
    path.write_bytes(content)
    return keys


@pytest.mark.parametrize("kind", ["vp9", "vp9 in mp4"])
def test_groups_without_a_wanted_frame_are_not_decoded(kind, small_file, tmp_path):
    """Decoding a destroyed frame fails."""
    path = write(tmp_path / "clip", kind, frames=30)
    expected = shown(path)
    keys = destroy_groups(path)
    wanted = [29, 0, keys[1] - 1, keys[3]]
    assert np.array_equal(ffn.decode(path, wanted), expected[wanted])
    with pytest.raises(UnreadableVideoError, match="Invalid data"):
        ffn.decode(path, [keys[1]])


@pytest.mark.parametrize("kind", ["mp4", "mkv", "vp9", "gif"])
def test_a_long_last_frame_is_not_truncated(kind, tmp_path):
    """The last frame is shown long: encoders say so by the next one's time, here by leaving out those before it."""
    path = write(tmp_path / "clip", kind, frames=5, pts=lambda number: number + 20 * (number == 4))
    assert video_facts(Video(id="", path=path, label=0)).frames == 5


@pytest.mark.parametrize(
    ("indices", "error", "line"),
    [
        ([0, 20], IndexError, "index 20 is not in 0..19"),
        ([-1, 3], IndexError, "index -1 is not in 0..19"),
        ([], ValueError, "at least one"),
        ([0.5], ValueError, "whole numbers"),
    ],
)
def test_decode_says_which_indices_there_are(indices, error, line, tmp_path):
    path = write(tmp_path / "clip", "mjpeg, full range")
    with pytest.raises(error, match=line):
        ffn.decode(path, indices)


def write_cut(folder):
    """A file with times below zero, which become an edit list, as when a film is cut without encoding it again; and
    the same file before."""
    path, cut = write(folder / "clip", "mp4"), folder / "cut"
    with av.open(str(path)) as source, av.open(str(cut), "w", format="mp4") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        begin = sorted(packet.pts for packet in source.demux(video=0) if packet.size)[4]
        source.seek(0)
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts, packet.dts, packet.stream = packet.pts - begin, packet.dts - begin, stream
                target.mux(packet)
    return cut, path


def test_frames_that_an_edit_list_leaves_out_are_not_counted(small_file, tmp_path):
    cut, path = write_cut(tmp_path)
    expected = shown(cut)
    assert np.array_equal(expected, shown(path)[4:])
    with open_video_file(cut) as video:
        assert video.num_frames == len(expected)
    assert np.array_equal(ffn.decode(cut, [9, 0, 15]), expected[[9, 0, 15]])
