"""A study on Ray whose trials share a GPU, do without one, or need more memory than it has."""

import pytest

from tests.running import table

pytestmark = pytest.mark.gpu

GPUS = """
from dataclasses import replace
from experiments.demo import TINY, experiment as demo
from ffn.training.frame_schedule import constant

tsm = TINY.vary(epochs=2, recalibration_clips=0)
halves = tuple(tsm.vary(lr=lr, gpus=0.5, loader_workers=1) for lr in (0.05, 0.025))
without = tsm.vary(variant="without")
large = {"backbone": "resnet50", "batch_size": 48, "schedule": constant(96), "short_side": 256, "crop_size": 224}
too_large = tsm.vary(variant="too large", gpus=1, **large)
trials = (*halves, without, too_large)
experiment = replace(demo, name="gpus", trials=trials, eval_frames=(4, 16), decoded_cache=False)
"""


@pytest.fixture(scope="module")
def study(made_once, videos, tmp_path_factory):
    """The folder of the finished study and its trials, by name."""
    experiment = tmp_path_factory.mktemp("gpus") / "gpus.py"
    experiment.write_text(GPUS)
    folder, finished = made_once("gpus", "run", experiment, "--data", videos)
    assert (folder / "trials.csv").exists(), finished.stdout + finished.stderr
    return folder, table(folder, "trials.csv").set_index("trial")


def test_two_trials_share_a_gpu_at_the_same_time(study):
    folder, trials = study
    halves = trials[trials["machine"].str.contains("cudnn.benchmark") & (trials["status"] == "finished")]
    assert len(halves) == 2
    assert (halves["reserved_memory_mb"].astype(int) > 0).all()
    first, second = (folder / "trials" / name for name in halves.index)
    for one, other in ((first, second), (second, first)):
        assert (one / "epochs.csv").stat().st_mtime < (other / "outcome.json").stat().st_mtime


def test_a_trial_without_a_gpu_runs_beside_them(study):
    _, trials = study
    (row,) = (row for name, row in trials.iterrows() if "without" in name)
    assert row["status"] == "finished"
    assert "no GPU" in row["machine"]


def test_a_trial_that_does_not_fit_fails_alone_by_name_and_at_once(study):
    folder, trials = study
    (name,) = (name for name in trials.index if "too_large" in name)
    assert trials.loc[name, "status"] == "failed"
    assert trials.loc[name, "reason"].startswith("OutOfMemoryError: CUDA out of memory")
    assert (trials["status"] == "finished").sum() == 3
