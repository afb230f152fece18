"""Studies on a real local Ray, by the command line."""

import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from tests.conftest import ROOT

MEASURED_BY_THE_CLOCK = ["seconds", "clips_per_second", "peak_memory_mb"]


def table(folder, name):
    path = folder / name
    rows = pd.read_parquet(path) if name.endswith(".parquet") else pd.read_csv(path)
    return rows.drop(columns=[column for column in MEASURED_BY_THE_CLOCK if column in rows])


def test_a_study_ends_with_its_report_and_tables(demo_study):
    folder, printed = demo_study
    assert printed.rstrip().endswith(f"Report: {folder / 'report.html'}")
    trials = table(folder, "trials.csv")
    assert set(trials["status"]) == {"finished"}
    assert set(trials["train_frames"]) == {"16", "4", "8", "4+8+16"}
    epochs = table(folder, "epochs.csv")
    assert (epochs.groupby("trial")["epoch"].max() == 7).all()
    evaluations = table(folder, "evaluations.csv")
    assert set(evaluations["method"]) == {"tsm", "tsm+recalibrated", "ffn"}
    assert set(evaluations["split"]) == {"test"}
    assert set(evaluations["clips"]) == {24}
    of_one = evaluations[(evaluations["trial"] == trials["trial"][0]) & (evaluations["selection"] == "last")]
    assert set(of_one[of_one["method"] == "tsm"]["eval_frames"]) == {2, 4, 6, 8, 12, 16, 24}


def test_accuracies_are_those_of_the_predictions(demo_study):
    folder, _ = demo_study
    predictions = pd.read_parquet(folder / "predictions.parquet")
    keys = ["trial", "method", "selection", "eval_frames"]
    hits = (predictions["top1"] == predictions["label"]).groupby([predictions[key] for key in keys]).mean() * 100
    evaluations = pd.read_csv(folder / "evaluations.csv").set_index(keys)["top1"]
    pd.testing.assert_series_equal(evaluations.sort_index(), hits.round(2).sort_index(), check_names=False)


def test_provenance_says_where_the_numbers_come_from(demo_study):
    folder, _ = demo_study
    record = json.loads((folder / "study.json").read_text())
    session = record["sessions"][-1]
    assert session["finished"] > session["started"]
    assert "run experiments/demo.py" in session["command"]
    assert {"torch", "ray", "python"} <= set(session["versions"])
    assert record["data"]["clips"] == {"train": 48, "validation": 24, "test": 24}
    assert len(record["trials"]) == 6


def test_checkpoints_are_bounded(demo_study):
    folder, _ = demo_study
    for kept in (folder / "checkpoints").iterdir():
        assert sorted(file.name for file in kept.iterdir()) == ["best.pt", "last.pt"]


def test_running_again_does_nothing(demo_study, command, videos):
    folder, _ = demo_study
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.pt")}
    for arguments in (("run", "experiments/demo.py", "--data", videos, "--out", folder), ("resume", folder)):
        again = command(*arguments)
        assert again.returncode == 0
        assert "nothing to train" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.pt")} == before


def test_another_configuration_in_the_same_folder_is_refused(demo_study, command, videos):
    folder, _ = demo_study
    refused = command("run", "experiments/synthetic.py", "--data", videos, "--out", folder)
    assert refused.returncode == 2
    assert "--out" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


INTERRUPTIBLE = """
from dataclasses import replace
from experiments.demo import FFN, TINY, experiment as demo

trials = tuple(replace(arm, epochs=4, recalibration_clips=0) for arm in (TINY, FFN))
experiment = replace(demo, name="interruptible", trials=trials, eval_frames=(4, 16))
"""


@pytest.fixture(scope="module")
def interruptible(tmp_path_factory):
    path = tmp_path_factory.mktemp("experiments") / "interruptible.py"
    path.write_text(INTERRUPTIBLE)
    return path


@pytest.fixture(scope="module")
def uninterrupted(interruptible, command, videos, tmp_path_factory):
    out = tmp_path_factory.mktemp("studies") / "uninterrupted"
    finished = command("run", interruptible, "--data", videos, "--out", out)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return out


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_study_resumes_to_the_same_tables(
    stop, interruptible, uninterrupted, command, environment, videos, tmp_path
):
    out = tmp_path / "interrupted"
    words = [sys.executable, "-m", "study", "run", str(interruptible), "--data", str(videos), "--out", str(out)]
    process = subprocess.Popen(words, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: len(list(out.glob("trials/*/epochs.csv"))) >= 1, process)
        os.kill(process.pid, stop)
        assert process.wait(timeout=120) == (-signal.SIGKILL if stop == signal.SIGKILL else 130)
    finally:
        process.kill()
    resumed = command("resume", out)
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    for name in ("trials.csv", "epochs.csv", "evaluations.csv", "predictions.parquet"):
        pd.testing.assert_frame_equal(table(out, name), table(uninterrupted, name))
    assert len(json.loads((out / "study.json").read_text())["sessions"]) == 2


def wait_for(condition, process, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "the study ended before it could be interrupted"
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.2)


FAILING = """
from dataclasses import replace
from experiments.demo import TINY, experiment as demo

good = replace(TINY, epochs=1)
bad = replace(good, variant="too-large", batch_size=4096)
experiment = replace(demo, name="failing", trials=(good, bad), eval_frames=(4,))
"""


def test_a_failed_trial_is_named_with_its_reason_and_the_others_are_kept(command, videos, tmp_path):
    (tmp_path / "failing.py").write_text(FAILING)
    out = tmp_path / "out"
    ended = command("run", tmp_path / "failing.py", "--data", videos, "--out", out)
    assert ended.returncode == 1
    assert "tsm-too-large-16-lr0.05-seed0 failed: ValueError: batch_size" in ended.stdout
    trials = pd.read_csv(out / "trials.csv").set_index("trial")["status"]
    assert dict(trials) == {"tsm-16-lr0.05-seed0": "finished", "tsm-too-large-16-lr0.05-seed0": "failed"}
    assert (out / "report.html").exists()


def test_more_than_the_machine_has_is_refused_in_one_line(command, videos, tmp_path):
    refused = command("run", "experiments/table9_ssv2.py", "--data", videos, "--out", tmp_path / "out")
    assert refused.returncode == 2
    assert "cpus: a trial asks for 16" in refused.stderr or "gpus: a trial asks for 1" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("run", "experiments/nothing.py"), "experiments/nothing.py"),
        (("run", "experiments/__init__.py"), "experiment"),
        (("run", "experiments/demo.py", "--data", "nowhere", "--out", "{out}"), "nowhere"),
        (("resume", "nowhere"), "nowhere"),
        (("evaluate", "--checkpoint", "none.pt", "--data", "{videos}", "--frames", "4"), "none.pt"),
        (("evaluate", "--checkpoint", "{checkpoint}", "--data", "{videos}", "--frames", "0"), "--frames"),
        (("evaluate", "--checkpoint", "{checkpoint}", "--data", "nowhere", "--frames", "4"), "nowhere"),
        (("data", "synthesize", "{out}", "--train", "0"), "train"),
    ],
)
def test_unusable_input_gives_one_line_and_status_2(arguments, named, command, demo_study, videos, tmp_path):
    checkpoint = next(demo_study[0].glob("checkpoints/*/last.pt"))
    filled = [word.format(videos=videos, out=tmp_path / "out", checkpoint=checkpoint) for word in arguments]
    ended = command(*filled)
    assert ended.returncode == 2
    assert named in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
