"""A study on Ray that several tests look at."""

import pytest

MIXED = """
from dataclasses import replace
from experiments.demo import TINY, experiment as demo
from experiments.methods import ensemble, retrofit

tsm = TINY.vary(epochs=1, recalibration_clips=0)
retrofitted = retrofit(tsm, 4)
joined = ensemble((tsm, retrofitted))
diverging = tsm.vary(epochs=3, variant="diverging", lr=1.0, weight_decay=1000.0, warmup_epochs=0.0)
trials = (joined, retrofitted, tsm, diverging)
experiment = replace(demo, name="mixed", trials=trials, eval_frames=(4, 12, 16))
"""


@pytest.fixture(scope="session")
def mixed_study(made_once, videos, tmp_path_factory):
    """The folder and the finished command of trials that build on later ones, and of one that fails."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "mixed.py").write_text(MIXED)
    return made_once("mixed", "run", folder / "mixed.py", "--data", videos)
