"""Does anything grow faster than its work?

    python -m experiments.benchmarks.growth [--out DIR] [--repeats 1]

Each row's ratio is the cost of one unit of work (a trial, a prediction, a clip, a frame) over that in the smallest row:
the floor is 1, what is above it grows faster than the work. Cores are varied in ``experiments.benchmarks.data``.

    tables by trials        a row copied as text, no data frame per trial: 7.7 to 1.5 ms a trial, predictions included;
                            0.2 ms without them. A running study writes them in at most a twentieth of its time,
                            since each time costs all trials so far
    predictions             a few hundred thousand rows at a time, so that memory does not grow with them
    report                  what ``analysis`` reads; its own process, with its peak of resident memory
    labels, batches         what starting a run and an epoch costs by the clips of a split: 4 us a clip, and up to 7
                            more where Python's garbage collector looks through ever more of them
    step                    by the frames that it trains

One thread's processor time; the report by the clock of its process.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import torch

from experiments.benchmarks.made_study import COUNTS, leave_rows, made_experiment
from experiments.benchmarks.measure import Measurement, command, interleaved
from experiments.benchmarks.random_clips import CLASSES
from experiments.benchmarks.step import GPU, ours, prepared, seconds, step_settings, warm
from ffn.data.layouts.something_something import LABEL_FOLDER, SomethingSomething
from ffn.data.loaders import TrainingBatches
from study.plan.experiment import Experiment
from study.results.folder import StudyFolder
from study.results.tables import write_tables

TRIALS, QUICK_TRIALS = (100, 1000, 10_000), (4,)
PREDICTIONS, QUICK_PREDICTIONS = ((5, 25_000), (50, 25_000)), ((2, 24),)
CLIPS, QUICK_CLIPS = (2_000, 20_000, 200_000), (100, 200)
SMALL_SPLIT = 24
TINY = ("tiny", 8, 48)
FRAME_SETS = ((16,), (8, 16), (4, 8, 16), (2, 4, 8, 12, 16))
REPORT = """
import sys, time
from pathlib import Path
from analysis import write_report
begin = time.perf_counter()
write_report(sys.argv[1])
print(time.perf_counter() - begin, Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""

Sizes = dict[str, tuple[int, Callable[[], float]]]
"""By name, the units of work and what measures their cost once."""


def measure(repeats: int, *, quick: bool = False) -> list[Measurement]:
    """All rows."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        return [
            *by_trials(root / "trials", QUICK_TRIALS if quick else TRIALS, repeats),
            *by_predictions(root / "predictions", QUICK_PREDICTIONS if quick else PREDICTIONS, repeats),
            *by_clips(root / "labels", QUICK_CLIPS if quick else CLIPS, repeats),
            *by_frames(repeats),
        ]


def by_trials(root: Path, sizes: Sequence[int], repeats: int) -> list[Measurement]:
    """Tables and report of many small trials."""
    studies = {f"{trials:,}": (trials, made_study(root, trials, SMALL_SPLIT, predictions=False)) for trials in sizes}
    return [
        *growth("tables, by trials", "CPU s", _table_sizes(studies), repeats),
        *reports("report, by trials", {name: (units, folder) for name, (units, (_, folder)) in studies.items()}),
    ]


def by_predictions(root: Path, sizes: Sequence[tuple[int, int]], repeats: int) -> list[Measurement]:
    """Tables and report of few trials on many clips."""
    studies = {
        f"{trials} x {clips:,} x {len(COUNTS)}": (
            trials * clips * len(COUNTS),
            made_study(root, trials, clips, predictions=True),
        )
        for trials, clips in sizes
    }
    return [
        *growth("tables, by predictions", "CPU s", _table_sizes(studies), repeats),
        *reports("report, by predictions", {name: (units, folder) for name, (units, (_, folder)) in studies.items()}),
    ]


def by_clips(root: Path, sizes: Sequence[int], repeats: int) -> list[Measurement]:
    """What a run and an epoch do before the first clip is decoded."""
    folders = {clips: _labels(root / str(clips), clips) for clips in sizes}
    reading = {
        f"{clips:,}": (clips, _cpu(SomethingSomething(folder).labelled, "train")) for clips, folder in folders.items()
    }
    requests = {f"{clips:,}": (clips, _cpu(_requests, clips)) for clips in sizes}
    return [
        *growth("reading labels, by clips", "CPU s", reading, repeats),
        *growth("an epoch's requests, by clips", "CPU s", requests, repeats),
    ]


def by_frames(repeats: int) -> list[Measurement]:
    """Steps of the tiny network."""
    steps = {counts: warm(ours(*prepared(step_settings(TINY, counts)))) for counts in FRAME_SETS}
    sizes = {"+".join(map(str, counts)): (sum(counts), partial(seconds, step)) for counts, step in steps.items()}
    return growth("a step, by frames", "s" if GPU else "CPU s", sizes, repeats)


def growth(benchmark: str, unit: str, sizes: Sizes, repeats: int) -> list[Measurement]:
    """Medians, and the cost of a unit of work over that in the first row."""
    values = interleaved({name: call for name, (_, call) in sizes.items()}, repeats)
    medians = {name: median(found) for name, found in values.items()}
    return _rows(benchmark, unit, {name: (units, medians[name]) for name, (units, _) in sizes.items()})


def reports(benchmark: str, studies: Mapping[str, tuple[int, StudyFolder]]) -> list[Measurement]:
    """Seconds and peak memory of each study's report."""
    found = {name: (units, _report(folder)) for name, (units, folder) in studies.items()}
    times = {name: (units, report_seconds) for name, (units, (report_seconds, _)) in found.items()}
    memory = {name: (units, megabytes) for name, (units, (_, megabytes)) in found.items()}
    return _rows(benchmark, "s", times) + _rows(f"{benchmark}, peak memory", "MB", memory)


def made_study(root: Path, trials: int, clips: int, *, predictions: bool) -> tuple[Experiment, StudyFolder]:
    """A study whose trials have left their rows, and its tables."""
    experiment, folder = made_experiment(trials), StudyFolder(root / f"{trials}-{clips}")
    leave_rows(experiment, folder, clips, predictions=predictions)
    write_tables(experiment.trials, folder)
    return experiment, folder


def _table_sizes(studies: Mapping[str, tuple[int, tuple[Experiment, StudyFolder]]]) -> Sizes:
    return {
        name: (units, _cpu(write_tables, experiment.trials, folder))
        for name, (units, (experiment, folder)) in studies.items()
    }


def _report(folder: StudyFolder) -> tuple[float, float]:
    words = [sys.executable, "-c", REPORT, str(folder.root)]
    printed = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
    report_seconds, resident = printed.splitlines()[-1].split()
    return float(report_seconds), int(resident) * 1024 / 1e6


def _rows(benchmark: str, unit: str, values: Mapping[str, tuple[int, float]]) -> list[Measurement]:
    first_units, first = next(iter(values.values()))
    return [
        Measurement(
            benchmark=benchmark, variant=name, value=value, unit=unit, ratio=value / units / (first / first_units)
        )
        for name, (units, value) in values.items()
    ]


def _cpu(function: Callable[..., object], *arguments: object) -> Callable[[], float]:
    def once() -> float:
        begin = time.process_time()
        function(*arguments)
        return time.process_time() - begin

    return once


def _labels(root: Path, clips: int) -> Path:
    (root / LABEL_FOLDER).mkdir(parents=True)
    entries = [{"id": str(index), "template": f"Class [something] {index % CLASSES}"} for index in range(clips)]
    classes = {f"Class something {index}": str(index) for index in range(CLASSES)}
    (root / LABEL_FOLDER / "labels.json").write_text(json.dumps(classes))
    (root / LABEL_FOLDER / "train.json").write_text(json.dumps(entries))
    return root


def _requests(clips: int) -> None:
    for _ in TrainingBatches(
        indices=range(clips), batch_size=32, frame_set_of_step=lambda step: (4, 8, 16), seed=0, epoch=0
    ):
        pass


if __name__ == "__main__":
    command("growth", __doc__.partition("\n")[0], measure)
