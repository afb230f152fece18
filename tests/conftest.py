"""Small real videos and a real study on a real local Ray, made once per test session."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from ffn.data.clips import ClipDataset
from ffn.data.layouts.something_something import SomethingSomething
from ffn.data.synthetic import SyntheticDataset, synthesize
from ffn.training.settings import TrainingSettings

ROOT = Path(__file__).parents[1]
torch.set_num_threads(1)  # busy cores make several threads wait for each other
SMALL = SyntheticDataset(train=48, validation=24, test=24, frames=24)


def pytest_collection_modifyitems(items):
    """Tests that run a study in processes of its own are slow: ``make test-fast`` leaves them out.

    Slow files come first, so that none is left alone at the end of ``make test``.
    """
    for item in items:
        if "environment" in item.fixturenames:
            item.add_marker("slow")
    slow_files = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow_files)


def pytest_runtest_setup(item):
    """Skips from this one line, so that pytest's summary has one line for all."""
    if item.get_closest_marker("gpu") and not torch.cuda.is_available():
        pytest.skip("there is no GPU")


@pytest.fixture(scope="session")
def videos(tmp_path_factory):
    """The folder of a small synthetic dataset."""
    root = tmp_path_factory.mktemp("videos")
    synthesize(root, SMALL)
    return root


@pytest.fixture(scope="session")
def gestures(videos, tmp_path_factory):
    """The videos under the names of EgoGestAR's, in five folds: a collection as somebody keeps one."""
    from study.__main__ import main

    root, dataset = tmp_path_factory.mktemp("gestures"), SomethingSomething(videos)
    (root / "testvideo").mkdir()
    for number, video in enumerate(dataset.all_videos()):
        shutil.copy(video.path, root / "testvideo" / f"testvideo_{dataset.classes[video.label]}_{number}.mp4")
    pattern = "testvideo/testvideo_{class}_*.mp4"
    assert main(["data", "index", str(root), "--pattern", pattern, "--folds", "5"]) == 0
    return root


@pytest.fixture(scope="session")
def tiny_settings():
    """Two epochs of the tiny network in seconds; keyword arguments replace fields."""

    def settings(**changes):
        small = {
            "backbone": "tiny", "epochs": 2, "batch_size": 12, "lr": 0.05, "dropout": 0.1,
            "short_side": 56, "crop_size": 48,
        }  # fmt: skip
        return TrainingSettings(**{**small, **changes})

    return settings


@pytest.fixture
def clips(videos):
    """Splits of the small dataset as clips prepared in the way of some settings."""
    return lambda split, settings: ClipDataset(SomethingSomething(videos).labelled(split), settings.preparation)


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """Ray writes a token into the home directory: give it one of its own."""
    return os.environ | {"HOME": str(tmp_path_factory.mktemp("home"))}


@pytest.fixture(scope="session")
def command(environment):
    """Runs ``python -m ...`` from the repository's root and returns the finished process."""

    def run(*arguments, module="study"):
        words = [sys.executable, "-m", module, *map(str, arguments)]
        return subprocess.run(
            words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
        )

    return run


@pytest.fixture(scope="session")
def made_once(command, tmp_path_factory, worker_id):
    """Runs a study's command, adding its ``--out``, unless another of pytest's processes has; its folder, and the
    finished process."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent

    def run(name, *words):
        out, answer = shared / name, shared / f"{name}.json"
        with FileLock(shared / f"{name}.lock"):
            if not answer.exists():
                finished = command(*words, "--out", out)
                facts = {key: getattr(finished, key) for key in ("args", "returncode", "stdout", "stderr")}
                answer.write_text(json.dumps(facts, default=str))
        return out, subprocess.CompletedProcess(**json.loads(answer.read_text()))

    return run


def assert_finished(made):
    """Of ``made_once`` the folder, and what the command printed."""
    out, finished = made
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return out, finished.stdout


@pytest.fixture(scope="session")
def demo_study(made_once, videos):
    """The folder of a finished study and what its command printed."""
    return assert_finished(made_once("demo", "run", "experiments/demo.py", "--data", videos))


@pytest.fixture(scope="session")
def retrofitted(made_once, demo_study, videos):
    """The folder of the demo's TSM retrofitted to 4 and 8 frames, and what the command printed."""
    checkpoint = demo_study[0] / "checkpoints" / "tsm-16-lr0.05-seed0" / "last.pt"
    words = ("--checkpoint", checkpoint, "--frames", 4, 8, "--data", videos / "20bn-something-something-v2")
    made = made_once("retrofitted", "retrofit", *words, "--labels", videos / "labels", *SHORT_RETROFIT)
    return assert_finished(made)


SHORT_RETROFIT = ("--epochs", "1", "--share", "1", "--trained-at", "16")

INTERRUPTIBLE = """
from dataclasses import replace
from experiments.demo import FFN, experiment as demo

experiment = replace(demo, name="interruptible", trials=(FFN,))
"""


@pytest.fixture(scope="session")
def interruptible(tmp_path_factory):
    """An experiment of one of the demo's trials: ``demo_study`` is what it comes to when nothing happens."""
    path = tmp_path_factory.mktemp("experiments") / "interruptible.py"
    path.write_text(INTERRUPTIBLE)
    return path
