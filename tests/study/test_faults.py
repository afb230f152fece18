"""What can happen to a study, and that it ends with the tables of one to which nothing happened."""

import multiprocessing
import os
import resource
import shutil
from contextlib import contextmanager

import pandas as pd
import pytest

from experiments.demo import TINY
from ffn.data import loaders
from study.dataset import StudyData
from study.plan.protocol import Protocol
from study.results.folder import StudyFolder
from study.run_trial import run_trial
from tests.running import (
    assert_not_trained_again,
    epochs_so_far,
    wait_for,
)

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
