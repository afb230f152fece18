"""What does Ray add to the time of a trial, compared with the same loop without Tune and Train?

The floor is the loop itself. Under Ray a trial starts processes of its own, once: Tune's trial process, with Train's
controller in it, a worker, and one in which Train's workers wait for each other. Each epoch adds a report: a row to the
controller and from there to Tune takes milliseconds, plus the wait until the controller polls its workers
(``study.cluster.ray_internals.ENVIRONMENT`` says how often). A trial is therefore run with few and with many epochs:
the difference gives the cost of an epoch, the rest is the start.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import ray
import torch

from experiments.benchmarks.measure import Measurement, interleaved
from experiments.demo import TINY
from ffn.data.synthetic import SyntheticDataset, synthesize
from ffn.training.frame_schedule import constant
from study.cluster.connection import connect, ray_messages_in
from study.cluster.tune_run import tune_trials
from study.dataset import StudyData
from study.plan.protocol import Protocol
from study.plan.trial import Trial
from study.results.folder import StudyFolder
from study.run_trial import run_trial

FEW, MANY = 2, 22
LONG_EPOCH = 60.0  # seconds; the cost of a report is given relative to it
PROTOCOL = Protocol(eval_frames=(4,), eval_split="validation")


def measure(repeats: int) -> Iterator[list[Measurement]]:
    """Seconds of a trial's start and of its epochs, with and without Ray, on one core and a small dataset."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        synthesize(root / "videos", SyntheticDataset(train=96, validation=24, test=12, frames=24))
        data = StudyData(root=root / "videos")
        torch.set_num_threads(1)  # as for a trial with one core under Ray
        variants = {
            f"{name} {epochs}": _timed(run, _trial(epochs), root, data)
            for epochs in (FEW, MANY)
            for name, run in (("loop", _without_ray), ("ray", _with_ray))
        }
        with ray_messages_in(root / "driver.log"):
            connect()
            try:
                seconds = {name: median(found) for name, found in interleaved(variants, repeats).items()}
            finally:
                ray.shutdown()
    yield _table(seconds)


def _table(seconds: dict[str, float]) -> list[Measurement]:
    epoch = {name: (seconds[f"{name} {MANY}"] - seconds[f"{name} {FEW}"]) / (MANY - FEW) for name in ("loop", "ray")}
    start = {name: seconds[f"{name} {FEW}"] - FEW * epoch[name] for name in epoch}
    added = epoch["ray"] - epoch["loop"]
    return [
        Measurement(benchmark="start and evaluation of a trial", variant=name, value=start[name], unit="s")
        for name in start
    ] + [
        Measurement(benchmark="an epoch", variant="loop", value=epoch["loop"], unit="s", ratio=1.0),
        Measurement(
            benchmark="an epoch",
            variant="ray",
            value=epoch["ray"],
            unit="s",
            ratio=epoch["ray"] / epoch["loop"],
            floor=epoch["loop"],
        ),
        Measurement(
            benchmark=f"what Ray adds to an epoch of {LONG_EPOCH:g} s",
            variant="ray",
            value=100 * added / LONG_EPOCH,
            unit="%",
            ratio=1 + added / LONG_EPOCH,
            floor=0.0,
        ),
    ]


def _trial(epochs: int) -> Trial:
    return TINY.vary(schedule=constant(4), epochs=epochs, recalibration_clips=0)


def _timed(run: Callable[[Trial, StudyFolder, StudyData], None], trial: Trial, root: Path, data: StudyData):
    def once() -> float:
        folder = StudyFolder(Path(tempfile.mkdtemp(dir=root)))
        begin = time.perf_counter()
        run(trial, folder, data)
        return time.perf_counter() - begin

    return once


def _without_ray(trial: Trial, folder: StudyFolder, data: StudyData) -> None:
    run_trial(trial, folder, data, PROTOCOL)


def _with_ray(trial: Trial, folder: StudyFolder, data: StudyData) -> None:
    tune_trials([trial], folder, data, PROTOCOL, callbacks=[])
