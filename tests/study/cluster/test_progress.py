"""The progress table, fed with what Tune tells its callbacks."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from study.cluster.progress import ProgressTable
from study.plan.estimate import clock
from study.plan.experiment import load_experiment

TRIALS = load_experiment(Path("experiments/demo.py")).trials


@pytest.fixture
def progress():
    return ProgressTable(TRIALS, {}, Console(file=io.StringIO(), width=140))


def tell(progress, event, name, **facts):
    trial = SimpleNamespace(config={"trial": {"name": name}})
    getattr(progress, f"on_trial_{event}")(iteration=0, trials=[], trial=trial, **facts)


def epoch(number, seconds):
    accuracies = {"validation_top1_4": 12.5, "validation_top1_16": 87.5}
    return {"epoch": number, "seconds": seconds, "clips_per_second": 210.0, **accuracies}


def rendered(progress, width=140):
    console = Console(file=io.StringIO(), width=width)
    console.print(progress.render())
    return console.file.getvalue()


def test_a_trial_goes_from_waiting_to_done(progress):
    name = TRIALS[0].name
    stages = []
    for event, facts in (
        ("start", {}),
        ("result", {"result": epoch(1, 10.0)}),
        ("result", {"result": epoch(7, 10.0)}),
        ("complete", {}),
    ):
        tell(progress, event, name, **facts)
        stages.append(next(line for line in rendered(progress).splitlines() if line.startswith(name)).split()[-1])
    assert stages == ["starting", "1:00", "evaluating", "done"]
    assert "1 of 6 trials" in progress.summary()


@pytest.mark.parametrize("experiment", ["demo", "gestures_recipes"], ids=["few", "many with long names"])
def test_a_terminal_of_80_by_24_shows_how_long_what_runs_will_take(experiment):
    trials = load_experiment(Path(f"experiments/{experiment}.py")).trials
    progress = ProgressTable(trials, {}, Console(file=io.StringIO(), width=80, height=24))
    tell(progress, "start", trials[-1].name)
    tell(progress, "result", trials[-1].name, result=epoch(1, 10.0))
    summary, header, *rows = rendered(progress, width=80).splitlines()
    assert summary.startswith(f"0 of {len(trials)} trials")
    assert header.split() == ["trial", "epoch", "@4", "@8", "@16", "clips/s", "left"]
    left = clock((trials[-1].training.epochs - 1) * 10)
    running = next(row for row in rows if row.endswith(left)) if experiment == "demo" else rows[0]
    assert running.startswith(trials[-1].name[:20])
    assert running.split()[-2:] == ["210", left]


def test_every_epoch_is_a_line_where_there_is_no_terminal(progress):
    tell(progress, "start", TRIALS[0].name)
    tell(progress, "result", TRIALS[0].name, result=epoch(2, 10.0))
    assert "epoch 2/7  12.5 @4  87.5 @16" in progress.console.file.getvalue()


def test_time_left_counts_the_waiting_trials_by_their_frames(progress):
    assert progress.seconds_left() is None
    tell(progress, "start", TRIALS[0].name)
    tell(progress, "result", TRIALS[0].name, result=epoch(1, 16.0))  # a second a frame
    frames = sum(sum(trial.training.frame_counts) * trial.training.epochs for trial in TRIALS)
    assert progress.seconds_left() == pytest.approx(frames - 16)


def test_a_stopped_trial_counts_as_over_and_a_suggested_one_joins():
    progress = ProgressTable(TRIALS, {}, Console(file=io.StringIO(), width=140), trials_to_come=1)
    assert "0 of 7 trials" in progress.summary()
    suggested = TRIALS[0].vary(lr=0.0123)
    trial = SimpleNamespace(config={"trial": suggested.as_dict()})
    progress.on_trial_start(iteration=0, trials=[], trial=trial)
    tell(progress, "result", suggested.name, result=epoch(2, 10.0) | {"stopped": True})
    tell(progress, "complete", suggested.name)
    assert progress.states[suggested.name].status == "stopped"
    assert "1 of 7 trials" in progress.summary()
    assert f"{suggested.name}  finished" not in progress.console.file.getvalue()


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (307.4, "5:07"), (3723, "1:02:03")])
def test_clock(seconds, text):
    assert clock(seconds) == text
