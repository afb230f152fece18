"""Clips of random pixels, for what does not depend on what they show."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ffn.data.batches import Batch
from ffn.data.clips import ClipDataset, ClipRequest
from ffn.data.reading import VideoArray
from ffn.data.videos import Video
from ffn.training.settings import TrainingSettings

FRAMES, CLASSES = 48, 174


def random_clips(settings: TrainingSettings) -> ClipDataset:
    """A batch of random videos as the settings prepare them."""
    videos = [Video(id=str(index), path=Path(str(index)), label=index) for index in range(settings.batch_size)]
    size = settings.short_side

    @contextmanager
    def open_video(path: Path) -> Iterator[VideoArray]:
        rng = np.random.default_rng(int(path.name))
        yield VideoArray(rng.integers(256, size=(FRAMES, size, size, 3), dtype=np.uint8))

    return ClipDataset(videos, settings.preparation, open_video)


def random_batch(settings: TrainingSettings) -> Batch:
    """All of them at the settings' frame counts."""
    clips = random_clips(settings)
    requests = [
        ClipRequest(index=index, frame_counts=settings.frame_counts, random_key=(index,)) for index in range(len(clips))
    ]
    return Batch.of([clips[request] for request in requests])
