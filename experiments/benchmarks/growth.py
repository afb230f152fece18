"""Does any cost grow faster than the work?

The ratio of a row is its cost per unit of work (a trial, a prediction, a clip, a frame) over that of the smallest row:
the floor is 1, a higher ratio means superlinear growth. ``experiments.benchmarks.data`` varies the number of cores.

    tables by trials        copying rows as text, without a data frame per trial: from 7.7 to 1.5 ms a trial with
                            predictions, 0.2 ms without. A running study spends at most a twentieth of its time on
                            this, since each write covers all trials so far
    predictions             a few hundred thousand rows at a time, so that memory does not grow with them
    report                  the input of ``analysis``; in a separate process, with its peak resident memory
    labels, batches         the cost of starting a run and an epoch by the number of clips: 4 us a clip, and up to 7
                            more from Python's garbage collector with ever more objects
    step                    by the number of trained frames

CPU time of one thread; for the report, wall-clock time of its process.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch

from experiments.benchmarks.device import GPU, seconds, warm
from experiments.benchmarks.inputs import CLASSES
from experiments.benchmarks.measure import Measurement, interleaved
from experiments.benchmarks.step import ours, prepared, step_settings
from experiments.methods import ffn, tsm
from ffn.data.layouts.something_something import LABEL_FOLDER, SomethingSomething
from ffn.data.loaders import TrainingBatches
from ffn.evaluation.prediction import CountPredictions
from study.evaluation import Evaluated
from study.plan.experiment import Experiment
from study.plan.trial import Trial
from study.results.folder import EPOCHS, EVALUATIONS, OUTCOME, PREDICTIONS, StudyFolder, write_json, write_table
from study.results.tables import epoch_table, evaluation_table, prediction_table, write_tables

TRIALS, QUICK_TRIALS = (100, 1000, 10_000), (4,)
PREDICTED, QUICK_PREDICTED = ((5, 25_000), (50, 25_000)), ((2, 24),)
CLIPS, QUICK_CLIPS = (2_000, 20_000, 200_000), (100, 200)
SMALL_SPLIT = 24
COUNTS, EPOCHS_DONE, SEEDS = (2, 4, 6, 8, 12, 16, 24), 5, 10
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
"""By name, the units of work and a function that measures their cost once."""


def measure(repeats: int, *, quick: bool = False) -> Iterator[list[Measurement]]:
    """All tables."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        yield by_trials(root / "trials", QUICK_TRIALS if quick else TRIALS, repeats)
        yield by_predictions(root / "predictions", QUICK_PREDICTED if quick else PREDICTED, repeats)
        yield by_clips(root / "labels", QUICK_CLIPS if quick else CLIPS, repeats)
        yield by_frames(repeats)


def by_trials(root: Path, sizes: Sequence[int], repeats: int) -> list[Measurement]:
    """Tables and report of many small trials."""
    studies = {f"{trials:,}": (trials, fake_study(root, trials, SMALL_SPLIT, predictions=False)) for trials in sizes}
    return [
        *growth("tables, by trials", "CPU s", _table_sizes(studies), repeats),
        *reports("report, by trials", {name: (units, folder) for name, (units, (_, folder)) in studies.items()}),
    ]


def by_predictions(root: Path, sizes: Sequence[tuple[int, int]], repeats: int) -> list[Measurement]:
    """Tables and report of few trials on many clips."""
    studies = {
        f"{trials} x {clips:,} x {len(COUNTS)}": (
            trials * clips * len(COUNTS),
            fake_study(root, trials, clips, predictions=True),
        )
        for trials, clips in sizes
    }
    return [
        *growth("tables, by predictions", "CPU s", _table_sizes(studies), repeats),
        *reports("report, by predictions", {name: (units, folder) for name, (units, (_, folder)) in studies.items()}),
    ]


def by_clips(root: Path, sizes: Sequence[int], repeats: int) -> list[Measurement]:
    """Work of a run and an epoch before the first clip is decoded."""
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
    """Medians, and the cost per unit of work over that of the first row."""
    values = interleaved({name: call for name, (_, call) in sizes.items()}, repeats)
    medians = {name: median(found) for name, found in values.items()}
    return _rows(benchmark, unit, {name: (units, medians[name]) for name, (units, _) in sizes.items()})


def reports(benchmark: str, studies: Mapping[str, tuple[int, StudyFolder]]) -> list[Measurement]:
    """Seconds and peak memory of each study's report."""
    found = {name: (units, _report(folder)) for name, (units, folder) in studies.items()}
    times = {name: (units, report_seconds) for name, (units, (report_seconds, _)) in found.items()}
    memory = {name: (units, megabytes) for name, (units, (_, megabytes)) in found.items()}
    return _rows(benchmark, "s", times) + _rows(f"{benchmark}, peak memory", "MB", memory)


def fake_study(root: Path, trials: int, clips: int, *, predictions: bool) -> tuple[Experiment, StudyFolder]:
    """The folder of a study as many trials would leave it: random results, nothing trained."""
    experiment, folder = fake_experiment(trials), StudyFolder(root / f"{trials}-{clips}")
    leave_rows(experiment, folder, clips, predictions=predictions)
    write_tables(experiment.trials, folder)
    return experiment, folder


def fake_experiment(trials: int) -> Experiment:
    """TSM and FFN alternating, over several learning rates with ``SEEDS`` seeds each."""
    arms = (tsm(16), ffn(4, 8, 16))
    fake = [
        arms[number % 2].vary(backbone="tiny", epochs=EPOCHS_DONE, seed=number // 2 % SEEDS, lr=_rate(number))
        for number in range(trials)
    ]
    return Experiment(name="fake", question="Fake", trials=fake, eval_frames=COUNTS)


def leave_rows(experiment: Experiment, folder: StudyFolder, clips: int, *, predictions: bool) -> None:
    """Write the output files of the experiment's trials, as if evaluated on ``clips`` clips."""
    rng = np.random.default_rng(0)
    for trial in experiment.trials:
        rows, results = folder.trial(trial.name), _results(trial, clips, rng)
        write_table(rows / EPOCHS, epoch_table(trial.name, _history(trial)))
        write_table(rows / EVALUATIONS, evaluation_table(trial, "validation", results))
        if predictions:
            write_table(rows / PREDICTIONS, prediction_table(trial, "validation", results, np.arange(clips)))
        write_json(rows / OUTCOME, {"status": "finished", "epochs_done": EPOCHS_DONE, "best_epoch": 1, "seconds": 1.0})
    record = {"name": experiment.name, "question": experiment.question, "configuration": experiment.as_dict()}
    write_json(folder.study_file, record | {"trials": [trial.as_dict() for trial in experiment.trials], "sessions": []})


def _rate(number: int) -> float:
    return round(1e-3 * (1 + number // (2 * SEEDS)), 4)


def _history(trial: Trial) -> list[dict[str, float]]:
    losses = {f"{split}_{name}_{count}": 1.0 for split in ("train", "validation") for name in ("loss", "top1")
              for count in trial.training.frame_counts}  # fmt: skip
    facts = {"lr": trial.training.lr, "clips_per_second": 1.0, "seconds": 1.0}
    return [{"epoch": epoch + 1, **facts, **losses} for epoch in range(EPOCHS_DONE)]


def _results(trial: Trial, clips: int, rng: np.random.Generator) -> list[Evaluated]:
    facts = {"selection": "last", "epoch": EPOCHS_DONE, "gmacs": 1.0}
    return [Evaluated(eval_frames=count, predictions=_predictions(clips, rng), **facts) for count in COUNTS]


def _predictions(clips: int, rng: np.random.Generator) -> CountPredictions:
    labels = np.arange(clips) % CLASSES
    top_classes = rng.integers(CLASSES, size=(clips, 5))
    right = rng.random(clips) < 0.5
    top_classes[right, 0] = labels[right]
    probability = rng.random(clips, dtype=np.float32)
    return CountPredictions(
        np.arange(clips), labels, top_classes, rng.random((clips, 5), dtype=np.float32), probability
    )


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
