"""A searched study on a real Ray that stops what is hopeless, with one worker, which Ray's dashboard shows, and with
two, one of which is killed on the way."""

import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from study.__main__ import main
from study.results.folder import write_json
from tests.conftest import ROOT
from tests.running import TRAIN_WORKER, assert_not_trained_again, epochs_so_far, kill, processes_with, wait_for

EXPERIMENT = """
from dataclasses import replace

from experiments.demo import FFN, experiment as demo
from ffn.cores import available_cores
from ffn.training.frame_schedule import constant
from study.plan.search import Search, choice
from study.plan.stopping import Stopping

cores = available_cores()  # each trial takes over half, so that every suggestion is judged by its arm's good trial
alone = FFN.vary(schedule=constant(4, 8), epochs=4, batch_size=12, lr=0.005, cpus=cores / 2 + 0.5)
together = alone.vary(variant="together", workers=2, cpus=cores / 2, synchronised_batchnorm=True)
experiment = replace(
    demo,
    name="searched",
    trials=(alone, together),
    eval_frames=(4, 8),
    eval_split="validation",
    validation_frames=(),
    score_frames=(8,),
    search=Search(space={"lr": choice([1e-6])}, samples=1),
    stopping=Stopping(grace_epochs=3, reduction=2),
    decoded_cache=False,
)
"""
WATCHED = """
import json, sys, time
from pathlib import Path

from ray import get_runtime_context, tune
from ray.util.state import list_actors
from rich.console import Console

from study.cluster import session
from study.dataset import DataPlaces
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
        while result["epoch"] >= 3 and folder.outcome(name)["status"] != "finished":
            time.sleep(0.1)
        time.sleep(3)  # in the last two epochs the trial's Train run ends meanwhile


session.tracking_callbacks = lambda *of_a_study: [Watcher()]
sys.exit(not session.run_study(load_experiment(experiment), root, DataPlaces(data_root=data), Console()))
"""
ALONE, TOGETHER = "ffn-4+8-lr0.005-seed0", "ffn-together-4+8-lr0.005-seed0"
HOPELESS = [good.replace("lr0.005", "lr1e-06") for good in (ALONE, TOGETHER)]


@pytest.fixture(scope="module")
def memorised(videos, tmp_path_factory):
    """The small dataset validated on its training clips, on which a network gets better within seconds."""
    root = shutil.copytree(videos, tmp_path_factory.mktemp("memorised"), dirs_exist_ok=True)
    train = json.loads((root / "labels" / "train.json").read_text())
    for entry in train:
        video = next(root.glob(f"*/{entry['id']}.webm"))
        shutil.copy(video, video.with_stem(f"again{entry['id']}"))
    write_json(root / "labels" / "validation.json", [entry | {"id": f"again{entry['id']}"} for entry in train])
    return root


@pytest.fixture(scope="module")
def study(memorised, environment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("searched")

    def running():
        return processes_with("HOME", environment["HOME"])

    for name, text in (("experiment.py", EXPERIMENT), ("watched.py", WATCHED)):
        (folder / name).write_text(text)
    words = [sys.executable, folder / "watched.py", folder / "experiment.py", memorised, folder / "out", ALONE]
    variables = environment | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(words, cwd=ROOT, env=variables, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: (folder / "out" / "trials" / TOGETHER / "epochs.csv").exists(), process)
        before = epochs_so_far(folder / "out")
        workers = [pid for pid, words in running().items() if TRAIN_WORKER in words]
        kill([workers[-1]])
        assert process.wait(timeout=300) == 0
    finally:
        kill(running())
    assert_not_trained_again(before, folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def trials(study):
    return pd.read_csv(study / "trials.csv").set_index("trial")


def test_ray_shows_the_trials_name_and_a_slow_callback_cannot_stop_the_study(study):
    for epoch in (1, 2, 3, 4):
        assert ALONE in json.loads((study / f"epoch{epoch}.json").read_text())


def test_what_is_hopeless_is_stopped_with_one_worker_and_with_two(study, trials):
    ends = dict.fromkeys((ALONE, TOGETHER), "finished") | dict.fromkeys(HOPELESS, "stopped")
    assert dict(trials["status"]) == ends
    assert trials["reason"].str.contains("after epoch 3 of 4").sum() == 2
    assert dict(trials["epochs_done"]) == dict(pd.read_csv(study / "epochs.csv")["trial"].value_counts())
    assert set(pd.read_csv(study / "evaluations.csv")["trial"]) == {ALONE, TOGETHER}


def test_what_was_suggested_is_recorded_and_nothing_is_left_to_train(study, trials, capsys):
    record = json.loads((study / "study.json").read_text())
    assert [trial["name"] for trial in record["trials"]] == list(trials.index)
    assert len(json.loads((study / "suggestions.json").read_text())) == 2
    assert main(["resume", str(study)]) == 0
    assert "nothing to train" in capsys.readouterr().out
    assert "2 of 4 trials were stopped early" in (study / "report.html").read_text()


def test_a_lost_worker_starts_all_again_and_no_epoch_is_lost(study):
    epochs = pd.read_csv(study / "epochs.csv")
    assert epochs[epochs["trial"] == TOGETHER]["epoch"].tolist() == [1, 2, 3, 4]


def test_two_workers_train_and_evaluate_as_one_does(study):
    epochs, evaluations = (pd.read_csv(study / name).set_index("trial") for name in ("epochs.csv", "evaluations.csv"))
    for table, names in ((epochs, ["train_loss_8", "validation_loss_4"]), (evaluations, ["loss", "clips", "epoch"])):
        one, two = table.loc[ALONE, names], table.loc[TOGETHER, names]
        pd.testing.assert_frame_equal(two.reset_index(drop=True), one.reset_index(drop=True), rtol=0.01)


def test_every_video_is_evaluated_once(study):
    predictions = pd.read_parquet(study / "predictions.parquet")
    per_network = predictions.groupby(["trial", "selection", "eval_frames"])["clip"]
    assert (per_network.apply(list).map(lambda clips: clips == list(range(48)))).all()
