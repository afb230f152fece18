"""A real study on a real local Ray: the demonstration's experiment over a few small videos."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


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
