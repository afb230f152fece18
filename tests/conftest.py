"""Small real videos and a real study on a real local Ray, made once per test session."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ffn.data.clips import ClipDataset
from ffn.data.layouts.something_something import SomethingSomething
from ffn.data.synthetic import SyntheticDataset, synthesize
from ffn.training.settings import TrainingSettings

ROOT = Path(__file__).parents[1]
torch.set_num_threads(1)  # busy cores make several threads wait for each other
SMALL = SyntheticDataset(train=48, validation=24, test=24, frames=24)


SHARING_STUDIES = ("tests/study/c", "tests/study/test_faults.py", "tests/study/test_jobs.py", "tests/test_commands.py")
OWN_STUDIES = ("test_data_parallel.py", "test_suggestions.py", "test_ray_internals.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Side by side (``make test``) run files; those that share the session's studies queue."""
    from xdist.scheduler import LoadScopeScheduling  # here and below: tests on a GPU need neither xdist nor Ray

    class FilesSideBySide(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.split("::")[0]
            return "studies" if file.startswith(SHARING_STUDIES) and not file.endswith(OWN_STUDIES) else file

    return FilesSideBySide(config, log)


def pytest_collection_modifyitems(items):
    """Tests that run a study in processes of its own are slow: ``make test-fast`` leaves them out."""
    for item in items:
        if "environment" in item.fixturenames:
            item.add_marker("slow")


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
    return os.environ | {"HOME": str(tmp_path_factory.mktemp("home")), "COLUMNS": "200"}


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
def demo_study(command, videos, tmp_path_factory):
    """The folder of a finished study and what its command printed."""
    out = tmp_path_factory.mktemp("studies") / "demo"
    finished = command("run", "experiments/demo.py", "--data", videos, "--out", out)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return out, finished.stdout


INTERRUPTIBLE = """
from dataclasses import replace
from experiments.demo import FFN, TINY, experiment as demo

experiment = replace(demo, name="interruptible", trials=(TINY, FFN))
"""


@pytest.fixture(scope="session")
def interruptible(tmp_path_factory):
    """An experiment of two of the demo's trials: ``demo_study`` is what it comes to when nothing happens."""
    path = tmp_path_factory.mktemp("experiments") / "interruptible.py"
    path.write_text(INTERRUPTIBLE)
    return path
