"""Inputs of the benchmarks: videos as expensive to decode as Something-Something V2's, and clips of random pixels.

The videos are 427x240, 12 frames a second, 48 frames, VP9 with one keyframe, encoded as the synthetic dataset is. They
show a hand-held camera's walk over a still picture with the spectrum of photographs (amplitude 1 / frequency^1.3,
colours mostly shared), two moving discs of the same texture, and sensor noise. Exponent and noise were chosen so that a
file is about as large as the average of Something-Something V2: 19.4 GB / 220,847 = 88 kB.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ffn.data.batches import Batch
from ffn.data.clips import ClipDataset, ClipRequest
from ffn.data.reading import VideoArray
from ffn.data.synthetic.dataset import encode_clip
from ffn.data.videos import Video
from ffn.training.settings import TrainingSettings

CLASSES = 174
HEIGHT, WIDTH, FRAMES, FPS = 240, 427, 48, 12
MARGIN = 32  # pixels the camera may move to each side
EXPONENT, NOISE, CAMERA_STEP, OBJECT_STEP = 1.3, 1.5, 0.7, 2.0
DISC = 90


def write_videos(folder: Path, number: int) -> list[Video]:
    """``number`` different videos in ``folder``."""
    videos = [Video(id=str(seed), path=folder / f"{seed}.webm", label=0) for seed in range(number)]
    for seed, video in enumerate(videos):
        video.path.write_bytes(encode_clip(draw_frames(seed), FPS))
    return videos


def draw_frames(seed: int) -> np.ndarray:
    """The frames of one video (FRAMES, HEIGHT, WIDTH, 3) uint8."""
    rng = np.random.default_rng(seed)
    scene = _picture(rng, HEIGHT + 2 * MARGIN + 1, WIDTH + 2 * MARGIN + 1)
    discs = [_picture(rng, DISC, DISC) for _ in range(2)]
    camera = MARGIN + np.clip(_walk(rng, CAMERA_STEP), -MARGIN, MARGIN - 1)
    courses = [rng.uniform(0, (HEIGHT - DISC, WIDTH - DISC)) + _walk(rng, OBJECT_STEP) for _ in discs]
    frames = [_seen_from(scene, place) for place in camera]
    for disc, course in zip(discs, courses):
        for frame, place in zip(frames, np.clip(course, 0, (HEIGHT - DISC, WIDTH - DISC)).astype(int)):
            _lay_over(frame, disc, place)
    noisy = np.stack(frames) + rng.normal(0, NOISE, (FRAMES, HEIGHT, WIDTH, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _picture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    frequency[0, 0] = 1 / max(height, width)
    waves = rng.normal(size=(4, *frequency.shape)) + 1j * rng.normal(size=(4, *frequency.shape))
    textures = np.fft.irfft2(waves / frequency**EXPONENT, (height, width))
    textures = (textures - textures.mean((1, 2), keepdims=True)) / textures.std((1, 2), keepdims=True)
    return np.clip(128 + 52 * (0.75 * textures[:1] + 0.35 * textures[1:]), 0, 255).transpose(1, 2, 0)


def _walk(rng: np.random.Generator, step: float) -> np.ndarray:
    return np.cumsum(rng.normal(0, step, (FRAMES, 2)), axis=0)


def _seen_from(scene: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The frame with its corner at ``place``, interpolated from ``scene``."""
    (top, left), (down, right) = place.astype(int), place % 1
    view = scene[top : top + HEIGHT + 1, left : left + WIDTH + 1]
    rows = (1 - down) * view[:-1] + down * view[1:]
    return (1 - right) * rows[:, :-1] + right * rows[:, 1:]


def _lay_over(frame: np.ndarray, disc: np.ndarray, place: np.ndarray) -> None:
    y, x = np.mgrid[:DISC, :DISC] - (DISC - 1) / 2
    covered = (np.hypot(y, x) < DISC / 2)[:, :, None]
    part = frame[place[0] : place[0] + DISC, place[1] : place[1] + DISC]
    part[:] = np.where(covered, disc, part)


def random_clips(settings: TrainingSettings) -> ClipDataset:
    """As many random videos as a batch has, prepared by ``settings``."""
    videos = [Video(id=str(index), path=Path(str(index)), label=index) for index in range(settings.batch_size)]
    size = settings.short_side

    @contextmanager
    def open_video(path: Path) -> Iterator[VideoArray]:
        rng = np.random.default_rng(int(path.name))
        yield VideoArray(rng.integers(256, size=(FRAMES, size, size, 3), dtype=np.uint8))

    return ClipDataset(videos, settings.preparation, open_video)


def random_batch(settings: TrainingSettings) -> Batch:
    """A batch of random clips at the settings' frame counts."""
    clips = random_clips(settings)
    requests = [
        ClipRequest(index=index, frame_counts=settings.frame_counts, random_key=(index,)) for index in range(len(clips))
    ]
    return Batch.of([clips[request] for request in requests])
