"""``study predict``: what a checkpoint sees in videos, at several frame counts, and what each count costs."""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from ffn.data.batches import Batch
from ffn.data.clips import ClipDataset, ClipRequest
from ffn.data.frame_sampling import FrameSampling
from ffn.data.videos import BadClip, Video
from ffn.evaluation.cascade import Cascade
from ffn.evaluation.cost import latency, multiply_adds
from ffn.evaluation.prediction import TOP, distributions
from ffn.models.clip_network import check_frame_counts
from ffn.training.opened_checkpoint import OpenedCheckpoint, open_checkpoint
from ffn.training.retrofit import RELEASED_COUNT
from study.commands.evaluate import trial_of
from study.commands.shared import CHECKPOINT, Subparsers, require_at_least
from study.terminal import user_path

UNKNOWN = -1
UNREADABLE = 1


@dataclass(frozen=True, kw_only=True)
class VideoPrediction:
    """``probabilities``: (classes,) by frame count; ``seconds`` to read the frames of all counts."""

    path: Path
    probabilities: dict[int, Tensor]
    seconds: float


def add_to(subparsers: Subparsers, text: str) -> None:
    """Add this command's parser, which ``text`` describes."""
    parser = subparsers.add_parser("predict", help=text)
    parser.add_argument("--checkpoint", type=user_path, required=True, help=CHECKPOINT)
    parser.add_argument("videos", type=user_path, nargs="+", metavar="VIDEO")
    parser.add_argument("--frames", type=int, nargs="+", help="default: the counts that it was trained for")
    parser.add_argument("--budget", metavar="auto|P", help="stop at the first count whose answer has the probability P;"
                        " auto: the cheapest that was as accurate as the last count, in its study")  # fmt: skip
    parser.add_argument("--sampling", choices=("centre", "shared"), default="centre", help="the segments' centres, or"
                        " frames that larger counts have too (default: %(default)s)")  # fmt: skip
    parser.add_argument("--top", type=int, default=TOP, help="how many classes are shown (default: %(default)s)")
    parser.set_defaults(command=predict)


def predict(arguments: argparse.Namespace, console: Console) -> int:
    """Print a table per video, a line for each that cannot be read, and the costs; 1 if one could not be read."""
    require_at_least("--top", arguments.top, 1)
    require_at_least("--frames", min(arguments.frames or (1,)), 1)
    opened = open_checkpoint(arguments.checkpoint)
    frames = tuple(sorted({*(arguments.frames or trained_counts(opened))}))
    check_frame_counts(opened.model, frames, opened.size)
    threshold = chosen_threshold(arguments.budget, arguments.checkpoint, frames, arguments.sampling)
    status = 0
    for prediction in predictions(opened, arguments.videos, frames, arguments.sampling, threshold):
        if isinstance(prediction, BadClip):
            console.print(f"{prediction.path}: {prediction.reason}", style="red", soft_wrap=True)
            status = UNREADABLE
        else:
            decoded = f"decoded once in {1e3 * prediction.seconds:.0f} ms"
            console.print(f"{prediction.path}: {decoded}", soft_wrap=True)
            console.print(_top_classes(prediction, opened.classes, arguments.top))
    if threshold is not None:
        console.print(f"Each video stops at the first count whose answer has the probability {threshold:.3f}.")
    console.print(_costs(opened, frames))
    return status


def chosen_threshold(
    budget: str | None, checkpoint: Path, frames: Sequence[int], sampling: FrameSampling
) -> float | None:
    """The probability at which a video stops; None without a ``budget``.

    Raises ValueError if it is neither "auto" nor a probability, or the checkpoint's study cannot say.
    """
    if budget is None:
        return None
    if budget == "auto":
        from analysis import sure_threshold

        of_trial = checkpoint.absolute().parent
        return sure_threshold(of_trial.parent.parent, of_trial.name, checkpoint.stem, frames, sampling)
    try:
        threshold = float(budget)
    except ValueError:
        threshold = -1.0
    if not 0 <= threshold <= 1:
        raise ValueError(f"--budget must be auto or a probability from 0 to 1, got {budget}")
    return threshold


def trained_counts(opened: OpenedCheckpoint) -> tuple[int, ...]:
    """The frame counts that the network was trained for; that of the released TSM for another project's TSM."""
    trained = opened.settings.frame_counts if opened.settings else (RELEASED_COUNT,)
    return opened.model.context.frame_counts or trained


def predictions(
    opened: OpenedCheckpoint,
    paths: Sequence[Path],
    frames: tuple[int, ...],
    sampling: FrameSampling = "centre",
    threshold: float | None = None,
) -> Iterator[VideoPrediction | BadClip]:
    """Each video prepared as in evaluation, and decoded once for all frame counts.

    With a ``threshold`` only the answer of the count at which a ``Cascade`` stops.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = opened.model.to(device).eval()
    networks = dict.fromkeys(frames, model)
    cascade = None if threshold is None else Cascade(networks, threshold)
    videos = [Video(id=str(path), path=path, label=UNKNOWN) for path in paths]
    preparation = replace(trial_of(opened).training.preparation, evaluation_sampling=sampling)
    clips = ClipDataset(videos, preparation)
    for index, path in enumerate(paths):
        begin = time.perf_counter()
        sample = clips[ClipRequest(index=index, frame_counts=frames)]
        seconds = time.perf_counter() - begin
        if isinstance(sample, BadClip):
            yield sample
            continue
        batch = Batch.of([sample]).to(device)
        found = _where_it_stops(cascade, batch, frames) if cascade else distributions(networks, batch)
        probabilities = {count: of_clip[0].cpu() for count, of_clip in found.items()}
        yield VideoPrediction(path=path, probabilities=probabilities, seconds=seconds)


def _where_it_stops(cascade: Cascade, batch: Batch, frames: Sequence[int]) -> dict[int, Tensor]:
    """The answer (1, classes) about the one clip of ``batch``, by the frame count at which it stopped."""
    answer = cascade({count: batch.normalised(count) for count in frames})
    return {int(answer.frame_counts): answer.probabilities}


def _top_classes(prediction: VideoPrediction, classes: Sequence[str], top: int) -> Table:
    """A column per frame count: the most probable classes and their probabilities in percent."""
    columns = [
        [f"{_name(classes, label)} {100 * probability:.1f} %" for probability, label in _ranked(distribution, top)]
        for distribution in prediction.probabilities.values()
    ]
    table = Table(*[f"{count} frames" for count in prediction.probabilities], box=None)
    for row in zip(*columns, strict=True):
        table.add_row(*row)
    return table


def _ranked(distribution: Tensor, top: int) -> list[tuple[float, int]]:
    highest = distribution.topk(min(top, len(distribution)))
    return list(zip(highest.values.tolist(), highest.indices.tolist(), strict=True))


def _name(classes: Sequence[str], label: int) -> str:
    return classes[label] if classes else f"class {label}"


def _costs(opened: OpenedCheckpoint, frames: Sequence[int]) -> Table:
    size = trial_of(opened).training.preparation.geometry.size
    table = Table("frames", "GMACs per clip", "ms per clip here, without decoding", box=None)
    with torch.inference_mode():
        for count in frames:
            gmacs, seconds = multiply_adds(opened.model, count, size) / 1e9, latency(opened.model, count, size)
            table.add_row(str(count), f"{gmacs:.3f}", f"{1e3 * seconds:.1f}")
    return table
