"""Studies on a real local Ray, by the command line."""

import json
import shutil

import pandas as pd
import pytest
from rich.console import Console

from study.__main__ import main
from study.cluster.session import run_study
from study.dataset import DataPlaces
from study.plan.experiment import Experiment


def test_a_study_ends_with_its_report_and_tables(demo_study):
    folder, printed = demo_study
    assert printed.rstrip().endswith(f"Report: {folder / 'report.html'}")
    trials = pd.read_csv(folder / "trials.csv")
    assert set(trials["status"]) == {"finished"}
    assert set(trials["train_frames"]) == {"16", "4", "8", "4+8+16"}
    epochs = pd.read_csv(folder / "epochs.csv")
    assert (epochs.groupby("trial")["epoch"].max() == 7).all()
    evaluations = pd.read_csv(folder / "evaluations.csv")
    assert set(zip(evaluations["method"], evaluations["adaptation"].fillna(""))) == {
        ("tsm", ""), ("tsm", "recalibrated"), ("ffn", ""),
    }  # fmt: skip
    assert set(evaluations["sampling"]) == {"centre"} and set(evaluations["views"]) == {"1x1"}
    assert set(evaluations["split"]) == {"test"}
    assert set(evaluations["clips"]) == {24}
    of_one = evaluations[(evaluations["trial"] == trials["trial"][0]) & (evaluations["selection"] == "last")]
    assert set(of_one[of_one["adaptation"].isna()]["eval_frames"]) == {2, 4, 6, 8, 12, 16, 24}


def test_accuracies_are_those_of_the_predictions(demo_study):
    folder, _ = demo_study
    predictions = pd.read_parquet(folder / "predictions.parquet")
    keys = ["trial", "adaptation", "selection", "eval_frames"]
    hits = (predictions["top1"] == predictions["label"]).groupby([predictions[key] for key in keys]).mean() * 100
    evaluations = pd.read_csv(folder / "evaluations.csv", keep_default_na=False).set_index(keys)["top1"]
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


def test_running_again_does_nothing(demo_study, videos, capsys):
    folder, _ = demo_study
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.pt")}
    assert main(["run", "experiments/demo.py", "--data", str(videos), "--out", str(folder)]) == 0
    assert "nothing to train" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.pt")} == before


def test_another_configuration_in_the_same_folder_is_refused(demo_study, videos, capsys):
    folder, _ = demo_study
    assert main(["run", "experiments/synthetic.py", "--data", str(videos), "--out", str(folder)]) == 2
    printed = capsys.readouterr().err
    assert "--out" in printed
    assert len(printed.strip().splitlines()) == 1


def test_a_study_of_an_earlier_version_is_the_same_where_new_fields_have_their_defaults(demo_study, tmp_path):
    recorded = json.loads((demo_study[0] / "study.json").read_text())
    del recorded["configuration"]["samplings"]
    (tmp_path / "study.json").write_text(json.dumps(recorded))
    shutil.copytree(demo_study[0] / "trials", tmp_path / "trials")
    experiment = Experiment.from_dict(json.loads((demo_study[0] / "study.json").read_text())["configuration"])
    assert run_study(experiment, tmp_path, DataPlaces.recorded(recorded), Console(quiet=True))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("run", "experiments/nothing.py"), "experiments/nothing.py"),
        (("run", "experiments/__init__.py"), "experiment"),
        (("run", "experiments"), "not a Python file"),
        (("run", "README.md"), "not a Python file"),
        (("run", "experiments/demo.py", "--data", "nowhere", "--out", "{out}"), "nowhere"),
        (("resume", "nowhere"), "nowhere"),
        (("evaluate", "--checkpoint", "none.pt", "--data", "{videos}", "--frames", "4"), "none.pt"),
        (("evaluate", "--checkpoint", "{checkpoint}", "--data", "{videos}", "--frames", "0"), "--frames"),
        (("evaluate", "--checkpoint", "{checkpoint}", "--data", "nowhere", "--frames", "4"), "nowhere"),
        (("data", "synthesize", "{out}", "--train", "0"), "train"),
    ],
)
def test_unusable_input_gives_one_line_and_status_2(arguments, named, demo_study, videos, tmp_path, capsys):
    checkpoint = next(demo_study[0].glob("checkpoints/*/last.pt"))
    filled = [word.format(videos=videos, out=tmp_path / "out", checkpoint=checkpoint) for word in arguments]
    assert main(filled) == 2
    printed = capsys.readouterr().err
    assert named in printed
    assert len(printed.strip().splitlines()) == 1
