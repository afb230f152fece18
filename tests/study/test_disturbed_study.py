"""A study on a real Ray that grows, is stopped by Ctrl-C meanwhile, and one of whose trials fails; the checkpoint of a
finished one is out of reach when it is to be evaluated at more."""

import json
import os
import shutil
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

GROWN = """
from dataclasses import replace
from experiments.demo import FFN, SEPARATED, TINY, experiment as demo
from experiments.methods import ensemble, retrofit

retrofitted = retrofit(TINY, 4)
diverging = TINY.vary(variant="diverging", epochs=3, lr=1.0, weight_decay=1000.0, warmup_epochs=0.0)
trials = (TINY, SEPARATED[1], ensemble((TINY, retrofitted)), retrofitted, FFN, diverging)
experiment = replace(demo, trials=trials, eval_frames=(*demo.eval_frames, 20))
"""
TSM, DIVERGING, FFN = "tsm-16-lr0.05-seed0", "tsm-diverging-16-lr1-seed0", "ffn-4+8+16-lr0.05-seed0"
LOST = {"ffn-4+8+16-lr0.025-seed0", "tsm-16-lr0.025-seed0", "tsm-4-lr0.05-seed0"}
UNEVALUATED = "tsm-8-lr0.05-seed0"
FINISHED = ("ensemble-4+16-lr0.05-seed0", "retrofit-bn+kernels+classifier-4-lr0.05-seed0", FFN, TSM, UNEVALUATED)


@dataclass
class Disturbed:
    """The study's folder, what its sessions printed, and the epochs done and the outcome of the trial that could not be
    evaluated when the first was stopped."""

    out: Path
    printed: list[str]
    epochs: pd.Series
    unevaluated: dict


@pytest.fixture(scope="module")
def disturbed(demo_study, command, environment, videos, tmp_path_factory):
    """The demo before one of its trials began; what it becomes is begun, stopped and resumed."""
    folder = tmp_path_factory.mktemp("disturbed")
    (folder / "grown.py").write_text(GROWN)
    out = shutil.copytree(demo_study[0], folder / "out", ignore=shutil.ignore_patterns(FFN, "ray", "report.html"))
    study, log = StudyFolder(out), folder / "log"
    checkpoints = study.checkpoints(UNEVALUATED)
    out_of_reach = checkpoints.rename(folder / "out_of_reach")
    words = [sys.executable, "-m", "study", "run", folder / "grown.py", "--data", videos, "--out", out]

    def running():
        return processes_with("HOME", environment["HOME"])

    try:
        with log.open("w") as file:
            process = subprocess.Popen(words, cwd=ROOT, env=environment, start_new_session=True, stdout=file)
        wait_for(lambda: study.outcome(DIVERGING)["status"] == "failed" and study.epochs(FFN), process)
        interrupt_impatiently(process)
        assert process.wait(timeout=120) == 130
        wait_for(lambda: not running(), seconds=30)
        epochs, unevaluated = epochs_so_far(out), study.outcome(UNEVALUATED)
        out_of_reach.rename(checkpoints)
        resumed = command("resume", out)
    finally:
        kill(running())
    assert resumed.returncode == 1
    assert not resumed.stderr
    return Disturbed(out, [log.read_text(), resumed.stdout], epochs, unevaluated)


def interrupt_impatiently(process):
    """As a terminal does it at Ctrl-C: every process of the group gets it; and once more."""
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)


def test_a_stop_and_growth_change_no_table_and_cost_no_epoch(disturbed, demo_study):
    assert_same_tables(disturbed.out, demo_study[0], trials=[FFN, TSM], frames=demo.eval_frames)
    assert_not_trained_again(disturbed.epochs, disturbed.out)
    assert len(json.loads((disturbed.out / "study.json").read_text())["sessions"]) == 3


def test_a_finished_trial_is_evaluated_at_what_the_experiment_gained(disturbed):
    assert f"Evaluated at more, without training: {TSM}" in disturbed.printed[0]
    evaluations = pd.read_csv(disturbed.out / "evaluations.csv").query("selection == 'last' and adaptation.isna()")
    counts = {trial: set(rows["eval_frames"]) for trial, rows in evaluations.groupby("trial")}
    assert {trial for trial, evaluated in counts.items() if evaluated == {*demo.eval_frames, 20}} == {*FINISHED}
    assert set(counts) - {*FINISHED} == LOST


def test_a_finished_trial_that_cannot_be_evaluated_at_more_stays_finished_and_is_evaluated_later(disturbed, demo_study):
    before = StudyFolder(demo_study[0]).outcome(UNEVALUATED)
    assert "last.pt" in disturbed.unevaluated["reason"]
    assert disturbed.unevaluated == before | {"reason": disturbed.unevaluated["reason"]}
    assert f"{UNEVALUATED}  failed" in disturbed.printed[0]
    after = StudyFolder(disturbed.out).outcome(UNEVALUATED)
    assert {key: after[key] for key in after if key != "seconds"} == {
        key: before[key] for key in before if key != "seconds"
    }


def test_a_loss_that_is_not_finite_fails_its_trial_alone_and_resume_tries_it_again(disturbed):
    for printed in disturbed.printed:
        assert f"{DIVERGING}  running" in printed
    assert f"{DIVERGING} failed: FloatingPointError: the training loss at 16 frames" in disturbed.printed[-1]
    trials = pd.read_csv(disturbed.out / "trials.csv").set_index("trial")["status"]
    assert dict(trials) == {**dict.fromkeys({*FINISHED} | LOST, "finished"), DIVERGING: "failed"}
    assert (disturbed.out / "report.html").exists()


def test_a_retrofit_keeps_the_outputs_of_the_trial_that_it_begins_with(disturbed):
    predictions = pd.read_parquet(disturbed.out / "predictions.parquet")
    predictions = predictions.query("selection == 'last' and adaptation == ''")
    by_trial = {trial: rows.set_index(["eval_frames", "clip"]) for trial, rows in predictions.groupby("trial")}
    tsm, retrofit = (by_trial[trial]["probability"] for trial in (TSM, FINISHED[1]))
    for frames in (12, 16):
        assert (tsm.loc[frames] == retrofit.loc[frames]).all()
    assert (tsm.loc[4] != retrofit.loc[4]).any()
