"""What is cut before it is converted to RGB has the pixels of the whole frame's own conversion."""

import io

import av
import numpy as np
import pytest

from ffn.data.decoding import open_video_file
from ffn.data.reading import Box, distinct_frames
from ffn.data.videos import UnreadableVideoError
from tests.damaged_videos import decoded

FRAMES = 7
YUV = "yuv420p"
VIDEOS = {  # height, width, format, colour space and range that the file names
    "Something-Something V2": (240, 427, YUV, None),
    "even": (48, 64, YUV, None),
    "HD colours": (48, 66, YUV, (1, 1)),
    "full range": (48, 66, YUV, (1, 2)),
    "odd height": (47, 65, YUV, None),
    "colour at full size": (48, 65, "yuv444p", None),
}


def encoded(height, width, pixel_format, colours):
    """A VP9 file of noise and slopes, so that wrong rows, columns and colours all show."""
    rng = np.random.default_rng(0)
    slope = np.linspace(0, 200, height)[:, None] + np.linspace(0, 55, width)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as container:
        stream = container.add_stream("libvpx-vp9", rate=12, options={"crf": "20", "b": "0", "cpu-used": "8"})
        stream.height, stream.width, stream.pix_fmt = height, width, pixel_format
        if colours:
            stream.codec_context.colorspace, stream.codec_context.color_range = colours
        for _ in range(FRAMES):
            pixels = np.clip(slope[:, :, None] + rng.integers(-50, 50, (height, width, 3)), 0, 255).astype(np.uint8)
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=pixel_format))
            )
        container.mux(stream.encode())
    return buffer.getvalue()


@pytest.fixture(params=VIDEOS)
def path(request, tmp_path):
    path = tmp_path / "clip.webm"
    path.write_bytes(encoded(*VIDEOS[request.param]))
    return path


def test_cuts_have_the_pixels_of_whole_frames(path):
    whole, rng = decoded(path), np.random.default_rng(1)
    with open_video_file(path) as video:
        frames = video.frames(np.arange(video.num_frames))
    number, height, width = frames.shape
    assert (number, height, width, 3) == whole.shape
    for _ in range(40):
        top, left = rng.integers(height), rng.integers(width)
        box = Box(int(top), int(left), int(rng.integers(1, height - top + 1)), int(rng.integers(1, width - left + 1)))
        assert np.array_equal(frames.cut(box), whole[:, *box.slices])
        assert np.array_equal(frames.cut(box, slice(2, 4)), whole[2:4, *box.slices])
    assert np.array_equal(frames.cut(Box(0, 0, height, width)), whole)


def test_another_decoder_finds_the_same_pixels(path):
    """decord, where the height is even: with odd heights it makes RGB in a way of its own."""
    from decord import VideoReader

    reader = VideoReader(str(path), num_threads=1)
    theirs = reader.get_batch(range(len(reader))).asnumpy()
    ours = decoded(path)
    assert ours.shape == theirs.shape
    if ours.shape[1] % 2 == 0:
        assert np.array_equal(ours, theirs)


def test_frames_are_in_order_each_once_and_rows_make_the_clips(videos):
    path = next(videos.glob("*/*.webm"))
    whole = decoded(path)
    sets = [np.array([5, 1, 1, 20]), np.array([0, 20]), np.array([7])]
    indices, rows = distinct_frames(sets)
    with open_video_file(path) as video:
        frames = video.frames(indices)
    _, height, width = frames.shape
    pixels = frames.cut(Box(0, 0, height, width))
    assert np.array_equal(pixels, whole[[0, 1, 5, 7, 20]])
    for chosen, of_clip in zip(sets, rows, strict=True):
        assert np.array_equal(pixels[of_clip], whole[chosen])


def test_a_damaged_packet_in_the_middle_makes_the_video_unreadable(videos, tmp_path):
    good = next(videos.glob("*/*.webm")).read_bytes()
    path = tmp_path / "clip.webm"
    middle = len(good) // 2
    path.write_bytes(good[:middle] + bytes(len(good) // 4) + good[middle + len(good) // 4 :])
    with pytest.raises(UnreadableVideoError, match="clip.webm"), open_video_file(path) as video:
        video.frames(np.array([0, 23]))


def test_an_open_video_gives_its_frames_again_and_they_outlive_it(videos):
    path = next(videos.glob("*/*.webm"))
    with open_video_file(path) as video:
        asked = [np.array(indices) for indices in ([20, 23], [0, 7], [0, 7], range(24))]
        answers = [video.frames(indices) for indices in asked]
    for indices, frames in zip(asked, answers):
        _, height, width = frames.shape
        assert np.array_equal(frames.cut(Box(0, 0, height, width)), decoded(path)[indices])
