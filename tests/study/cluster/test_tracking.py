"""MLflow and Weights & Biases: what a study records there, and the line for those who lack the packages."""

from importlib.util import find_spec

import pytest

from study.__main__ import main

SHORT = """
from dataclasses import replace
from experiments.demo import TINY, experiment as demo

trial = TINY.vary(epochs=2, recalibration_clips=0)
experiment = replace(demo, name="short", trials=(trial,), eval_frames=(4,))
"""
NAME = "tsm-16-lr0.05-seed0"


@pytest.fixture
def tracked(command, videos, tmp_path):
    """Runs a study of one short trial in two sessions, as if the first had been stopped before the trial's evaluation,
    and returns its folder."""

    def run(tracker):
        (tmp_path / "short.py").write_text(SHORT)
        out = tmp_path / "out"
        begun = ("run", tmp_path / "short.py", "--data", videos, "--out", out)
        for words in (begun, ("resume", out)):
            ended = command(*words, "--track", tracker)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            (out / "trials" / NAME / "outcome.json").unlink()
        return out

    return run


@pytest.mark.parametrize("tracker", ["mlflow", "wandb"])
def test_a_missing_package_is_named_with_its_extra(tracker, tmp_path, capsys):
    if find_spec(tracker):
        pytest.skip("it is installed")
    for words in (["run", "experiments/demo.py", "--out", str(tmp_path / "out")], ["resume", str(tmp_path)]):
        assert main([*words, "--track", tracker]) == 2
        assert capsys.readouterr().err.splitlines() == [
            f"study: --track {tracker}: the package is not installed: pip install -e '.[tracking]'"
        ]
    assert not (tmp_path / "out").exists()


def test_mlflow_has_every_trial_by_name_with_parameters_and_epochs(tracked):
    mlflow = pytest.importorskip("mlflow")
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tracked('mlflow') / 'mlflow.db'}")
    project = client.get_experiment_by_name("short")
    (run,) = client.search_runs([project.experiment_id])
    assert (run.info.run_name, run.info.status) == (NAME, "FINISHED")
    names = ("training/lr", "train_frames", "method", "training/seed")
    parameters = [run.data.params[f"trial/{name}"] for name in names]
    assert parameters == ["0.05", "16", "tsm", "0"]
    assert [point.step for point in client.get_metric_history(run.info.run_id, "validation_top1_4")] == [1, 2]
    assert not [name for name in run.data.metrics if name.startswith("config")]


def test_wandb_keeps_its_records_in_the_study_where_nobody_is_logged_in(tracked):
    pytest.importorskip("wandb")
    records = sorted((tracked("wandb") / "wandb").glob("offline-run-*/run-*.wandb"))
    assert len(records) == 2
    assert len({record.name for record in records}) == 1  # one run's, which `wandb sync` joins
    content = records[0].read_bytes()
    for expected in (NAME, '"train_frames":"16"', '"lr":0.05', "validation_top1_4"):
        assert expected.encode() in content
