"""Two workers on a real local Ray, one of which is killed on the way, against one worker."""

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
ALONE, TOGETHER = "ffn-4+8+16-lr0.01-seed0", "ffn-together-4+8+16-lr0.01-seed0"


@pytest.fixture(scope="module")
def study(videos, environment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("workers")

    def running():
        return processes_with("HOME", environment["HOME"])

    (folder / "experiment.py").write_text(EXPERIMENT)
    words = [sys.executable, "-m", "study", "run", folder / "experiment.py", "--data", videos, "--out", folder / "out"]
    process = subprocess.Popen(words, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: (folder / "out" / "trials" / TOGETHER / "epochs.csv").exists(), process)
        workers = [pid for pid, words in running().items() if TRAIN_WORKER in words]
        kill([workers[-1]])
        assert process.wait(timeout=300) == 0
    finally:
        kill(running())
    return folder / "out"


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
