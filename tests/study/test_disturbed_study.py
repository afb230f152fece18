"""A study on a real Ray that is stopped twice and grows meanwhile, and one of whose trials fails."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from experiments.demo import experiment as demo
from study.results.folder import StudyFolder
from tests.conftest import ROOT
from tests.running import (
    assert_not_trained_again,
    assert_same_tables,
    epochs_so_far,
    kill,
    processes_with,
    wait_for,
)

BEGUN = """
from dataclasses import replace
from experiments.demo import FFN, TINY, experiment as demo

tsm = TINY.vary(variant="short", epochs=1, recalibration_clips=0)
experiment = replace(demo, name="disturbed", trials=(FFN, tsm), eval_frames=(4, 16))
"""
GROWN = """
from experiments.methods import ensemble, retrofit

retrofitted = retrofit(tsm, 4)
diverging = tsm.vary(epochs=3, variant="diverging", lr=1.0, weight_decay=1000.0, warmup_epochs=0.0)
trials = (ensemble((tsm, retrofitted)), retrofitted, FFN, tsm, diverging)
experiment = replace(demo, name="disturbed", trials=trials)
"""
TSM, DIVERGING, FFN = "tsm-short-16-lr0.05-seed0", "tsm-diverging-16-lr1-seed0", "ffn-4+8+16-lr0.05-seed0"
FINISHED = (
    "ensemble-short-4+16-lr0.05-seed0", "retrofit-bn+kernels+classifier-4-lr0.05-seed0", FFN, TSM,
)  # fmt: skip


@dataclass
class Disturbed:
    """The study's folder, what its sessions printed, and the epochs done at each stop."""

    out: Path
    printed: list[str]
    epochs: list[pd.Series]


def by_the_terminal(process):
    """Ctrl-C, impatiently: every process of the group gets it, twice."""
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)


@pytest.fixture(scope="module")
def disturbed(command, environment, videos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("disturbed")
    (folder / "begun.py").write_text(BEGUN)
    (folder / "grown.py").write_text(BEGUN + GROWN)
    study, of_study = Disturbed(folder / "out", [], []), StudyFolder(folder / "out")

    def running():
        return processes_with("HOME", environment["HOME"])

    def session(*words, until, stop):
        """Ends by ``stop`` once ``until`` holds, as a process group of its own as a terminal would start it."""
        log = folder / f"log{len(study.printed)}"
        with log.open("w") as file:
            arguments = [sys.executable, "-m", "study", *words]
            process = subprocess.Popen(arguments, cwd=ROOT, env=environment, start_new_session=True, stdout=file)
            wait_for(until, process)
            stop(process)
            assert process.wait(timeout=120) == 130
        wait_for(lambda: not running(), seconds=30)
        study.printed.append(log.read_text())
        study.epochs.append(epochs_so_far(study.out))

    def run(file):
        return ("run", folder / file, "--data", videos, "--out", study.out)

    try:
        session(*run("begun.py"), until=lambda: of_study.is_finished(TSM), stop=subprocess.Popen.terminate)
        session(
            *run("grown.py"),
            until=lambda: of_study.outcome(DIVERGING)["status"] == "failed",
            stop=by_the_terminal,
        )
        resumed = command("resume", study.out)
    finally:
        kill(running())
    assert resumed.returncode == 1
    assert not resumed.stderr
    study.printed.append(resumed.stdout)
    return study


def test_stops_and_growth_change_no_table_and_cost_no_epoch(disturbed, demo_study):
    assert_same_tables(disturbed.out, demo_study[0], trials=[FFN])
    for epochs in disturbed.epochs:
        assert_not_trained_again(epochs, disturbed.out)
    assert len(json.loads((disturbed.out / "study.json").read_text())["sessions"]) == 3


def test_a_finished_trial_is_evaluated_at_what_the_experiment_gained(disturbed):
    assert f"Evaluated at more, without training: {TSM}" in disturbed.printed[1]
    evaluations = pd.read_csv(disturbed.out / "evaluations.csv").query("selection == 'last'")
    for trial, rows in evaluations.groupby("trial"):
        assert tuple(rows["eval_frames"]) == demo.eval_frames, trial
    assert set(evaluations["trial"]) == {*FINISHED}


def test_a_loss_that_is_not_finite_fails_its_trial_alone_and_resume_tries_it_again(disturbed):
    for printed in disturbed.printed[1:]:
        assert f"{DIVERGING}  running" in printed
    assert f"{DIVERGING} failed: FloatingPointError: the training loss at 16 frames" in disturbed.printed[-1]
    trials = pd.read_csv(disturbed.out / "trials.csv").set_index("trial")["status"]
    assert dict(trials) == {**dict.fromkeys(FINISHED, "finished"), DIVERGING: "failed"}
    assert (disturbed.out / "report.html").exists()


def test_a_retrofit_keeps_the_outputs_of_the_trial_that_it_begins_with(disturbed):
    predictions = pd.read_parquet(disturbed.out / "predictions.parquet").query("selection == 'last'")
    by_trial = {trial: rows.set_index(["eval_frames", "clip"]) for trial, rows in predictions.groupby("trial")}
    tsm, retrofit = (by_trial[trial]["probability"] for trial in (TSM, FINISHED[1]))
    for frames in (12, 16):
        assert (tsm.loc[frames] == retrofit.loc[frames]).all()
    assert (tsm.loc[4] != retrofit.loc[4]).any()
