"""Every experiment's file: its docstring, its plan at both scales, and a few real steps of every method."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis import write_report
from experiments.demo import TINY
from experiments.methods import ensemble
from study.__main__ import main
from study.dataset import StudyData
from study.plan.estimate import plan
from study.plan.experiment import Experiment, load_experiment
from study.plan.protocol import Protocol
from study.plan.scale import at_demo_scale, over_seeds
from study.results.folder import StudyFolder, write_json
from study.results.tables import write_tables
from study.run_trial import run_trial
from study.study import Study

FILES = sorted(path for path in Path("experiments").glob("*.py") if path.stem not in ("__init__", "methods"))
COMMANDS = [
    line.strip().removeprefix("python -m study ")
    for path in FILES
    for line in ast.get_docstring(ast.parse(path.read_text())).splitlines()
    if line.strip().startswith("python -m study run")
]
ON_GESTURES = [path.stem for path in FILES if path.stem.startswith("gestures")]
ON_TWO_CORES = ("architectures", "demo", "low_data", "synthetic", *ON_GESTURES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_docstring_asks_and_says_how_to_run(path):
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert f"python -m study run {path}" in docstring
    assert load_experiment(path).question in docstring or path.stem == "synthetic"


@pytest.mark.parametrize("path", [path for path in FILES if path.stem not in ON_TWO_CORES])
def test_the_cost_in_the_docstring_is_that_of_the_dry_run(path, tmp_path):
    stated = re.search(r"About (\d+) hours of one H200", path.read_text())[1]
    at_paper_scale = replace(load_experiment(path), synthetic=None)
    hours = sum(row.device_seconds for row in plan(Study(at_paper_scale, StudyFolder(tmp_path)))) / 3600
    assert int(stated) == round(hours)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_documented_command_is_accepted_and_lists_its_trials(words, videos, gestures, tmp_path, capsys):
    arguments = words.replace("DATA", str(videos)).replace("EgoGestAR", str(gestures)).split()
    assert main([*arguments, "--out", str(tmp_path / "not begun"), "--dry-run"]) == 0
    printed = capsys.readouterr().out
    seeds = int(re.search(r"--seeds (\d+)", words)[1]) if "--seeds" in words else 1
    experiment = load_experiment(Path(arguments[1]))
    suggested = experiment.search.samples if experiment.search else 0
    assert f"{len(experiment.trials) * (1 + suggested) * seeds} trials on" in printed


def methods():
    """One trial for every method and ablation that any table of the paper has."""
    found = {}
    for name in ("table1_methods", "table4_ablation", "schedules"):
        for trial in at_demo_scale(load_experiment(Path(f"experiments/{name}.py"))).trials:
            found.setdefault(trial.name, trial)
    return list(found.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return StudyFolder(tmp_path_factory.mktemp("methods"))


@pytest.fixture(scope="module")
def small_run(videos, folder):
    """Trains and evaluates a trial for an epoch of three steps, without Ray."""
    data = StudyData(root=videos, splits=("train", "validation"))

    def run(trial):
        protocol = Protocol(eval_frames=(4, 8), eval_split="validation")
        run_trial(trial.vary(epochs=1), folder, data, protocol)
        return folder.trial(trial.name)

    return run


@pytest.mark.parametrize("trial", methods(), ids=lambda trial: trial.name)
def test_every_method_trains_and_is_evaluated_on_real_videos(trial, small_run):
    rows = small_run(trial)
    evaluations = pd.read_csv(rows / "evaluations.csv")
    assert set(evaluations["eval_frames"]) == {4, 8}
    assert set(evaluations["clips"]) == {24}
    if not trial.members:
        epochs = pd.read_csv(rows / "epochs.csv")
        assert epochs.filter(like="train_loss").notna().any(axis=None)


def test_a_report_is_made_of_all_methods_together(small_run, folder):
    for trial in methods():
        if not folder.is_finished(trial.name):
            small_run(trial)
    experiment = Experiment(name="all", question="Which?", trials=methods(), eval_frames=(4, 8))
    write_json(folder.study_file, {"name": "all", "question": "Which?", "trials": experiment.as_dict()["trials"]})
    write_tables(experiment.trials, folder)
    page = write_report(folder.root).read_text()
    for arm in ("Fine-tuning (16→4)", "Ensemble {4,8,16}", "Mixed {4,16}, rho=0.50", "FFN {4,8,16}, without SN"):
        assert arm in page
    assert f"no GPU ({len(methods())} trials)" in page  # each says what it was trained on


def test_an_ensembles_members_are_renamed_with_scale_and_seed():
    experiment = load_experiment(Path("experiments/table1_methods.py"))
    several = over_seeds(at_demo_scale(experiment), 2)
    names = {trial.name for trial in several.trials}
    ensembles = [trial for trial in several.trials if trial.members]
    assert [trial.training.seed for trial in ensembles] == [0, 1]
    for trial in ensembles:
        assert {member.name for member in trial.members} <= names
        assert all(member.name.endswith(f"lr0.05-seed{trial.training.seed}") for member in trial.members)


def test_a_retrofits_start_is_renamed_with_scale_and_seed():
    several = over_seeds(at_demo_scale(load_experiment(Path("experiments/retrofit.py"))), 2)
    sources = {trial.training.seed: trial.name for trial in several.trials if str(trial.arm) == "tsm-16"}
    retrofits = [trial for trial in several.trials if trial.start]
    assert {trial.training.seed for trial in retrofits} == {0, 1}
    assert all(trial.start.name == sources[trial.training.seed] for trial in retrofits)


def test_a_demo_has_the_synthetic_videos_that_its_experiment_names():
    fine, slow = (at_demo_scale(load_experiment(Path(f"experiments/{name}.py"))) for name in ("retrofit", "schedules"))
    assert (fine.synthetic.motions, slow.synthetic.motions) == ("fine", "slow")


def test_fewer_than_one_seed_is_refused():
    experiment = load_experiment(Path("experiments/demo.py"))
    with pytest.raises(ValueError, match="--seeds"):
        over_seeds(experiment, 0)


def test_show_prints_the_resolved_recipes_and_their_differences(capsys):
    assert main(["show", "experiments/recipes.py"]) == 0
    printed = capsys.readouterr().out
    assert "frame_sampling" in printed
    assert "integer_segments" in printed
    assert "the same" in printed


def test_an_ensemble_of_networks_that_began_with_others_begins_with_none():
    member = TINY.vary(start=TINY, variant="later", recalibration_clips=16)
    assert (ensemble((member,)).start, ensemble((member,)).recalibration_clips) == (None, 0)
