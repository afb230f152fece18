"""What does evaluation at seven frame counts cost, and what does folding save?

A video has one keyframe, so decoding costs the same at every frame count: the floor of seven counts is decoding once
plus seven networks' arithmetic. Evaluating each count separately decodes seven times; decoding once for the union of
the counts' frames was expected to save six of these. The remaining cost is the cropping of more distinct frames (44
instead of 16 of 48) and their bytes. Videos as in ``experiments.benchmarks.inputs``; the network is tiny, so that it
does not hide the cost of the data.

The floor of a network's inference is its multiply-adds at this machine's rate. In evaluation BatchNorm reads and writes
the output of each convolution once more, and the alteration rewrites the weights of each block's first convolution for
every clip. Folding both into the convolutions was expected to save this pass, about a tenth on a CPU, most at few
frames. One clip at a time.

CPU time of one thread; inference on a GPU in wall-clock time.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

from experiments.benchmarks.device import DEVICE, GPU, QUICK_SIDE, SIDE, matrix_rate, seconds, warm
from experiments.benchmarks.inputs import CLASSES, write_videos
from experiments.benchmarks.measure import Measurement, compared
from experiments.benchmarks.step import COUNTS
from ffn.data.clips import ClipDataset, ClipPreparation
from ffn.data.cropping import CropGeometry
from ffn.data.loaders import ClipLoader, EvaluationBatches
from ffn.evaluation.cost import multiply_adds
from ffn.evaluation.prediction import CountPredictions, predict
from ffn.models.factory import create_model
from ffn.models.folding import sub_network

NETWORK, QUICK_NETWORK = ("ffn_resnet50", 224), ("ffn_tiny", 48)
ONE, SEVEN = (16,), (2, 4, 6, 8, 12, 16, 24)
VIDEOS, QUICK_VIDEOS, BATCH_SIZE = 16, 2, 8
PREPARATION = ClipPreparation(geometry=CropGeometry(short_side=256, size=224))
CPU = torch.device("cpu")


def measure(repeats: int, *, quick: bool = False) -> Iterator[list[Measurement]]:
    """All tables, with one thread."""
    torch.set_num_threads(1)
    yield at_seven_counts(repeats, QUICK_VIDEOS if quick else VIDEOS)
    yield folding(repeats, quick)


def at_seven_counts(repeats: int, videos: int) -> list[Measurement]:
    """Loading alone, and a complete evaluation."""
    with tempfile.TemporaryDirectory() as folder:
        clips = ClipDataset(write_videos(Path(folder), videos), PREPARATION)
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
    """Load every clip at ``counts``, as bytes."""
    for _ in _loader(clips, counts):
        pass


def at_once(model: torch.nn.Module, clips: ClipDataset, counts: tuple[int, ...]) -> dict[int, CountPredictions]:
    """Evaluate as a study does."""
    return predict(model, _loader(clips, counts), counts, CPU)


def one_by_one(model: torch.nn.Module, clips: ClipDataset) -> dict[int, CountPredictions]:
    """One evaluation per count."""
    return {count: at_once(model, clips, (count,))[count] for count in SEVEN}


def _loader(clips: ClipDataset, counts: tuple[int, ...]) -> ClipLoader:
    return ClipLoader(clips, EvaluationBatches(indices=range(len(clips)), batch_size=BATCH_SIZE, frame_counts=counts))


def _timed(calls: dict[str, Callable[[], object]], clips: int) -> dict[str, Callable[[], float]]:
    def milliseconds(call: Callable[[], object]) -> float:
        begin = time.process_time()
        call()
        return 1e3 * (time.process_time() - begin) / clips

    return {name: partial(milliseconds, call) for name, call in calls.items()}


def folding(repeats: int, quick: bool) -> list[Measurement]:
    """Inference of one clip, by the whole network and by each count's folded one."""
    rate = matrix_rate(QUICK_SIDE if quick else SIDE, "float32")
    name, size = QUICK_NETWORK if quick else NETWORK
    model = create_model(name, CLASSES, frame_counts=COUNTS).to(DEVICE).eval()
    return [row for count in COUNTS for row in inference(model, count, size, rate, repeats)]


@torch.inference_mode()
def inference(model: torch.nn.Module, count: int, size: int, rate: float, repeats: int) -> list[Measurement]:
    """Multiply-adds and milliseconds at one frame count, of the whole network and of the folded one."""
    folded, clip = sub_network(model, count), torch.randn(1, count, 3, size, size, device=DEVICE)
    name = f"{model.architecture['name']}, {count} frames, {size} pixels"
    arithmetic = multiply_adds(folded, count, size)
    rows = [
        Measurement(benchmark=name, variant=variant, value=multiply_adds(network, count, size) / 1e9, unit="GMACs/clip")
        for variant, network in (("whole network", model), ("sub-network, folded", folded))
    ]
    calls = {"whole network": warm(lambda: model(clip)), "sub-network, folded": warm(lambda: folded(clip))}
    variants = {variant: lambda call=call: 1e3 * seconds(call) for variant, call in calls.items()}
    unit = "ms/clip" if GPU else "CPU ms/clip"
    return rows + compared(name, unit, variants, repeats, floor=1e3 * arithmetic / rate)
