"""What can happen to a study, and that it ends with the tables of one to which nothing happened."""

import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pandas as pd
import pytest

from experiments.demo import TINY
from ffn.data import loaders
from study.dataset import StudyData
from study.plan.protocol import Protocol
from study.results.folder import StudyFolder
from study.run_trial import run_trial
from tests.conftest import ROOT
from tests.running import (
    TRAIN_WORKER,
    assert_not_trained_again,
    assert_same_tables,
    epochs_done,
    epochs_so_far,
    kill,
    processes_with,
    wait_for,
)


@pytest.fixture
def left_running(environment):
    """The processes of the studies that tests have started."""
    return lambda: processes_with("HOME", environment["HOME"])


@pytest.fixture
def begin(environment, interruptible, videos, left_running):
    """Starts or resumes a study in a folder, in a process group as a terminal would, until it has two more epochs."""

    def start(out):
        before = epochs_done(out)
        run = ["run", interruptible, "--data", videos, "--out", out]
        words = [sys.executable, "-m", "study", *(["resume", out] if out.exists() else run)]
        process = subprocess.Popen(words, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
        wait_for(lambda: epochs_done(out) >= before + 2, process)
        return process

    yield start
    kill(left_running())


def by_the_terminal(process):
    """Ctrl-C, impatiently: every process of the group gets it, twice."""
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)


def test_a_stop_and_a_killed_worker_change_no_table_and_cost_no_epoch(begin, demo_study, left_running, tmp_path):
    out = tmp_path / "disturbed"
    study = begin(out)
    epochs = epochs_so_far(out)
    by_the_terminal(study)
    assert study.wait(timeout=60) == 130
    wait_for(lambda: not left_running(), seconds=30)
    assert_not_trained_again(epochs, out)
    study = begin(out)
    epochs = epochs_so_far(out)
    kill([next(pid for pid, words in left_running().items() if TRAIN_WORKER in words)])
    assert study.wait(timeout=300) == 0
    wait_for(lambda: not left_running(), seconds=30)
    assert_not_trained_again(epochs, out)
    assert_same_tables(out, demo_study[0])
    assert len(json.loads((out / "study.json").read_text())["sessions"]) == 2


FINISHED = (
    "ensemble-4+16-lr0.05-seed0", "retrofit-bn+kernels+classifier-4-lr0.05-seed0", "tsm-16-lr0.05-seed0",
)  # fmt: skip


def test_a_loss_that_is_not_finite_fails_its_trial_alone_and_resume_tries_it_again(mixed_study, command):
    out, first = mixed_study
    epochs = epochs_so_far(out)
    for ended in (first, command("resume", out)):
        assert ended.returncode == 1
        assert not ended.stderr
        assert "tsm-diverging-16-lr1-seed0 failed: FloatingPointError: the training loss at 16 frames" in ended.stdout
        trials = pd.read_csv(out / "trials.csv").set_index("trial")["status"]
        assert dict(trials) == {**dict.fromkeys(FINISHED, "finished"), "tsm-diverging-16-lr1-seed0": "failed"}
        assert (out / "report.html").exists()
    assert set(epochs.index.get_level_values("trial")) == set(trials.index) - {"ensemble-4+16-lr0.05-seed0"}
    assert_not_trained_again(epochs, out)
    assert len(json.loads((out / "study.json").read_text())["sessions"]) == 2


TRIAL = TINY.vary(epochs=3, recalibration_clips=0, batch_size=12)
PROTOCOL = Protocol(eval_frames=(4, 16), eval_split="validation")


class Interrupted(Exception):
    pass


@pytest.fixture
def data(videos):
    return StudyData(root=videos)


@pytest.fixture(scope="module")
def undisturbed(videos, tmp_path_factory):
    """The folder of a trial to which nothing happens."""
    folder = StudyFolder(tmp_path_factory.mktemp("undisturbed"))
    run_trial(TRIAL, folder, StudyData(root=videos), PROTOCOL)
    return folder


def after(epochs):
    """Ends a trial after so many epochs."""

    def stop(row):
        if row["epoch"] == epochs:
            raise Interrupted

    return stop


def rows_of(folder):
    """The tables that a trial leaves, without what the clock measures."""
    rows = folder.trial(TRIAL.name)
    epochs = pd.read_csv(rows / "epochs.csv").drop(columns=["seconds", "clips_per_second"])
    return epochs, pd.read_csv(rows / "evaluations.csv"), pd.read_parquet(rows / "predictions.parquet")


def assert_as_undisturbed(folder, undisturbed):
    for ours, theirs in zip(rows_of(folder), rows_of(undisturbed)):
        pd.testing.assert_frame_equal(ours, theirs)


def cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("names", "epochs"), [(["last.pt"], 2), (["last.pt"], 3), (["best.pt"], 2), (["last.pt", "best.pt"], 2)]
)
def test_a_trial_with_damaged_checkpoints_goes_on_from_what_is_whole(names, epochs, data, undisturbed, tmp_path):
    folder = StudyFolder(tmp_path)
    with pytest.raises(Interrupted):
        run_trial(TRIAL, folder, data, PROTOCOL, after(epochs))
    checkpoints = folder.checkpoints(TRIAL.name)
    for name in names:
        cut_short(checkpoints / name)
    damaged = {name: (checkpoints / name).read_bytes() for name in names}
    run_trial(TRIAL, folder, data, PROTOCOL)
    assert_as_undisturbed(folder, undisturbed)
    notice = folder.outcome(TRIAL.name)["notice"]
    assert all(f"{name} was damaged" in notice for name in names)
    assert notice.endswith("trained again from the start" if "best.pt" in names else "resumed after epoch 1")
    assert {path.stem: path.read_bytes() for path in checkpoints.glob("*.damaged")} == damaged


@contextmanager
def no_file_above(size):
    """Files stop growing at so many bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("room", "file"), [(0.5, "last.pt"), (0.0, "bad_clips.csv")])
def test_a_full_disk_keeps_what_was_written(room, file, data, undisturbed, tmp_path):
    folder = StudyFolder(tmp_path)
    with pytest.raises(Interrupted):
        run_trial(TRIAL, folder, data, PROTOCOL, after(1))
    epochs = epochs_so_far(folder.root)
    before = {path: path.read_bytes() for path in folder.root.rglob("*") if path.is_file()}
    checkpoint = folder.checkpoints(TRIAL.name) / "last.pt"
    with pytest.raises(OSError, match=f"File too large.*{file}"), no_file_above(int(room * checkpoint.stat().st_size)):
        run_trial(TRIAL, folder, data, PROTOCOL)
    assert {path: path.read_bytes() for path in folder.root.rglob("*") if path.is_file()} == before
    run_trial(TRIAL, folder, data, PROTOCOL)
    assert_as_undisturbed(folder, undisturbed)
    assert_not_trained_again(epochs, folder.root)


def test_a_hung_reader_fails_the_trial_with_the_videos_it_was_at(videos, undisturbed, tmp_path, monkeypatch):
    data = StudyData(root=shutil.copytree(videos, tmp_path / "videos"))
    folder = StudyFolder(tmp_path / "study")
    trial = TRIAL.vary(loader_workers=1)
    with pytest.raises(Interrupted):
        run_trial(trial, folder, data, PROTOCOL, after(1))
    epochs = epochs_so_far(folder.root)
    video = data.dataset.videos("train")[0]
    healthy = video.path.rename(tmp_path / "healthy.webm")
    os.mkfifo(video.path)  # who opens it waits for a writer that never comes
    monkeypatch.setattr(loaders, "WORKER_TIMEOUT_SECONDS", 2)
    with pytest.raises(TimeoutError, match=rf"longer than 2 s.* {video.id}[,;].*study data verify"):
        run_trial(trial, folder, data, PROTOCOL)
    wait_for(lambda: not multiprocessing.active_children(), seconds=20)
    monkeypatch.undo()
    healthy.rename(video.path)
    run_trial(trial, folder, data, PROTOCOL)
    assert_as_undisturbed(folder, undisturbed)
    assert_not_trained_again(epochs, folder.root)
