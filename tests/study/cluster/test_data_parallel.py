"""Two workers on a real local Ray, one of which is killed on the way, against one worker that Ray's dashboard shows."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from tests.conftest import ROOT
from tests.running import TRAIN_WORKER, kill, processes_with, wait_for

EXPERIMENT = """
from dataclasses import replace
from experiments.demo import FFN, experiment as demo

alone = FFN.vary(epochs=3, batch_size=15, lr=0.01)
together = alone.vary(variant="together", workers=2, synchronised_batchnorm=True)
experiment = replace(demo, name="workers", trials=(alone, together), eval_frames=(4, 16))
"""
WATCHED = """
import json, sys, time
from pathlib import Path

from ray import get_runtime_context, tune
from ray.util.state import list_actors
from rich.console import Console

from study.cluster import session
from study.plan.experiment import load_experiment
from study.results.folder import StudyFolder

experiment, data, root, watched = *map(Path, sys.argv[1:4]), sys.argv[4]
folder = StudyFolder(root)


class Watcher(tune.Callback):
    def on_trial_result(self, iteration, trials, trial, result, **info):
        name = result["config"]["trial"]["name"]
        if name != watched:
            return
        actors = [actor.repr_name for actor in list_actors(get_runtime_context().gcs_address, detail=True)]
        (root / f"epoch{result['epoch']}.json").write_text(json.dumps(actors))
        while result["epoch"] >= 2 and folder.outcome(name)["status"] != "finished":
            time.sleep(0.1)
        time.sleep(3)  # in the last two epochs the trial's Train run ends meanwhile


session.tracking_callbacks = lambda *of_a_study: [Watcher()]
sys.exit(not session.run_study(load_experiment(experiment), root, data, Console()))
"""
ALONE, TOGETHER = "ffn-4+8+16-lr0.01-seed0", "ffn-together-4+8+16-lr0.01-seed0"


@pytest.fixture(scope="module")
def study(videos, environment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("workers")

    def running():
        return processes_with("HOME", environment["HOME"])

    for name, text in (("experiment.py", EXPERIMENT), ("watched.py", WATCHED)):
        (folder / name).write_text(text)
    words = [sys.executable, folder / "watched.py", folder / "experiment.py", videos, folder / "out", ALONE]
    variables = environment | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(words, cwd=ROOT, env=variables, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: (folder / "out" / "trials" / TOGETHER / "epochs.csv").exists(), process)
        workers = [pid for pid, words in running().items() if TRAIN_WORKER in words]
        kill([workers[-1]])
        assert process.wait(timeout=300) == 0
    finally:
        kill(running())
    return folder / "out"


def test_ray_shows_the_trials_name_and_a_slow_callback_cannot_stop_the_study(study):
    for epoch in (1, 2, 3):
        assert ALONE in json.loads((study / f"epoch{epoch}.json").read_text())


def test_a_lost_worker_starts_all_again_and_no_epoch_is_lost(study):
    trials = pd.read_csv(study / "trials.csv").set_index("trial")
    assert set(trials["status"]) == {"finished"}
    epochs = pd.read_csv(study / "epochs.csv")
    assert epochs[epochs["trial"] == TOGETHER]["epoch"].tolist() == [1, 2, 3]


def test_two_workers_train_and_evaluate_as_one_does(study):
    epochs, evaluations = (pd.read_csv(study / name).set_index("trial") for name in ("epochs.csv", "evaluations.csv"))
    for table, names in ((epochs, ["train_loss_16", "validation_loss_4"]), (evaluations, ["loss", "clips", "epoch"])):
        one, two = table.loc[ALONE, names], table.loc[TOGETHER, names]
        pd.testing.assert_frame_equal(two.reset_index(drop=True), one.reset_index(drop=True), rtol=0.01)


def test_every_video_is_evaluated_once(study):
    predictions = pd.read_parquet(study / "predictions.parquet")
    per_network = predictions.groupby(["trial", "selection", "eval_frames"])["clip"]
    assert (per_network.apply(list).map(lambda clips: clips == list(range(24)))).all()
