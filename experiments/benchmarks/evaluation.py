"""What does evaluation at seven frame counts cost?

    python -m experiments.benchmarks.evaluation [--out DIR] [--repeats 3]

A video has one keyframe, so that one count costs all of its decoding: the floor of seven counts is the decoding of one
and seven networks' arithmetic. Evaluating again for each count decodes seven times; decoding once, for the union of the
counts' frames, and shipping each frame once was to win six of the seven. What stays is the cropping of more distinct
frames (44 instead of 16 of 48) and their bytes.

Videos are those of ``experiments.benchmarks.videos``; the tiny network, whose cost hides nothing. Processor time of one
thread.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from experiments.benchmarks.measure import Measurement, command, compared
from experiments.benchmarks.random_clips import CLASSES
from experiments.benchmarks.videos import write_videos
from ffn.data.clips import ClipDataset, ClipPreparation
from ffn.data.cropping import CropGeometry
from ffn.data.loaders import ClipLoader, EvaluationBatches
from ffn.evaluation.prediction import CountPredictions, predict
from ffn.models.factory import create_model

ONE, SEVEN = (16,), (2, 4, 6, 8, 12, 16, 24)
VIDEOS, QUICK_VIDEOS, BATCH_SIZE = 16, 2, 8
PREPARATION = ClipPreparation(geometry=CropGeometry(short_side=256, size=224))
CPU = torch.device("cpu")


def measure(repeats: int, *, quick: bool = False) -> list[Measurement]:
    """Loading alone, and the whole of an evaluation."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        clips = ClipDataset(write_videos(Path(folder), QUICK_VIDEOS if quick else VIDEOS), PREPARATION)
        model = create_model("ffn_tiny", CLASSES)
        loading = {
            f"one count, {ONE[0]}": partial(load, clips, ONE),
            "seven counts at once": partial(load, clips, SEVEN),
            "seven counts, decoded for each": lambda: [load(clips, (count,)) for count in SEVEN],
        }
        evaluating = {
            f"one count, {ONE[0]}": partial(at_once, model, clips, ONE),
            "seven counts at once": partial(at_once, model, clips, SEVEN),
            "seven counts, decoded for each": partial(one_by_one, model, clips),
        }
        return [
            *compared("loading for evaluation", "CPU ms/clip", _timed(loading, len(clips)), repeats),
            *compared("evaluation, tiny network", "CPU ms/clip", _timed(evaluating, len(clips)), repeats),
        ]


def load(clips: ClipDataset, counts: tuple[int, ...]) -> None:
    """Every clip at ``counts``, as bytes."""
    for _ in _loader(clips, counts):
        pass


def at_once(model: torch.nn.Module, clips: ClipDataset, counts: tuple[int, ...]) -> dict[int, CountPredictions]:
    """What the study does."""
    return predict(model, _loader(clips, counts), counts, CPU)


def one_by_one(model: torch.nn.Module, clips: ClipDataset) -> dict[int, CountPredictions]:
    """The plain way: an evaluation for each count."""
    return {count: at_once(model, clips, (count,))[count] for count in SEVEN}


def _loader(clips: ClipDataset, counts: tuple[int, ...]) -> ClipLoader:
    return ClipLoader(clips, EvaluationBatches(indices=range(len(clips)), batch_size=BATCH_SIZE, frame_counts=counts))


def _timed(calls: dict[str, Callable[[], object]], clips: int) -> dict[str, Callable[[], float]]:
    def milliseconds(call: Callable[[], object]) -> float:
        begin = time.process_time()
        call()
        return 1e3 * (time.process_time() - begin) / clips

    return {name: partial(milliseconds, call) for name, call in calls.items()}


if __name__ == "__main__":
    command("evaluation", __doc__.partition("\n")[0], measure)
