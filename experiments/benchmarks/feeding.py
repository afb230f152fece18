"""How many loader processes keep a device busy?

Training steps of ResNet-50 at 224 pixels over 427x240 VP9 videos (``experiments.benchmarks.inputs``), read by 4, 8 and
all cores' processes. The floor is the step over a batch that is already on the device: the share of it that a number
of processes reaches is the share of the device's time in use. A process reads 23 to 42 clips a second whatever their
frames, as VP9 decodes every frame; TSM 16 was expected to train 190 to 260 clips a second on an H200, FFN {4, 8, 16}
107 to 150: eight and four processes.
"""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from experiments.benchmarks.device import DEVICE, seconds, seconds_after, warm
from experiments.benchmarks.inputs import write_videos
from experiments.benchmarks.measure import Measurement, compared
from experiments.benchmarks.step import CASES, COUNTS, LONGEST, QUICK_CASES, Case, ours, prepared, step_settings, title
from ffn.cores import available_cores
from ffn.data.clips import ClipDataset
from ffn.data.loaders import ClipLoader, TrainingBatches
from ffn.data.videos import Video
from ffn.training.loop import Training
from ffn.training.totals import SequenceTotals

VIDEOS, QUICK_VIDEOS = 8, 2
STEPS, QUICK_STEPS = 24, 2


def measure(repeats: int, *, quick: bool = False) -> Iterator[list[Measurement]]:
    """All tables."""
    case, steps = (QUICK_CASES[0], QUICK_STEPS) if quick else (CASES[0], STEPS)
    with tempfile.TemporaryDirectory() as folder:
        videos = write_videos(Path(folder), QUICK_VIDEOS if quick else VIDEOS)
        for counts in (LONGEST, COUNTS):
            yield fed(case, counts, videos, steps, repeats)


def fed(case: Case, counts: tuple[int, ...], videos: list[Video], steps: int, repeats: int) -> list[Measurement]:
    """Clips per second by the number of loader processes."""
    training, batch = prepared(step_settings(case, counts))
    alone = len(batch) / seconds(warm(ours(training, batch)))
    numbers = sorted({min(number, available_cores()) for number in (4, 8, available_cores())})
    variants = {
        f"{number} loader processes": partial(clips_per_second, training, videos, number, steps) for number in numbers
    }
    return compared(f"{title(case, counts)}, from videos", "clips/s", variants, repeats, floor=alone)


def clips_per_second(training: Training, videos: list[Video], processes: int, steps: int) -> float:
    """Over ``steps`` steps, once each process has delivered a batch."""
    settings, totals = training.settings, SequenceTotals(DEVICE)
    batches = TrainingBatches(
        indices=[number % len(videos) for number in range((processes + steps) * settings.batch_size)],
        batch_size=settings.batch_size,
        frame_set_of_step=lambda step: settings.frame_counts,
        seed=0,
        epoch=0,
    )
    loader = ClipLoader(ClipDataset(videos, settings.preparation), batches, workers=processes, device=DEVICE)
    seconds_taken = seconds_after(processes, loader, lambda batch: training.step(batch, len(batch), totals))
    return steps * settings.batch_size / seconds_taken
