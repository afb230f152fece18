"""A study that grows: as one that was planned so from the start, and nothing is trained twice."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from experiments.methods import ensemble
from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant
from ffn.training.objectives import Distillation
from study.__main__ import main
from study.dataset import DataPlaces
from study.outlook import outlook, since
from study.plan.experiment import Experiment
from study.plan.scale import over_seeds
from study.plan.search import Search, choice
from study.plan.trial import Trial
from study.results.folder import StudyFolder
from study.results.folder_lock import sole_user
from study.run_trial import run_trial
from study.study import Study
from tests.conftest import ROOT
from tests.running import assert_not_trained_again, assert_same_tables, epochs_so_far

TSM = Trial(recalibration_clips=12).vary(
    backbone="tiny", schedule=constant(4), epochs=1, batch_size=12, lr=0.05, short_side=36, crop_size=32,
    loader_workers=0,
)  # fmt: skip
LOW = TSM.vary(schedule=constant(2), recalibration_clips=0)
FFN = TSM.vary(method="ffn", schedule=constant(2, 4), parts=Parts(), objective=Distillation(), recalibration_clips=0)
EXPERIMENT = Experiment(
    name="grown",
    question="Which?",
    trials=(TSM, LOW, FFN, ensemble((TSM, LOW))),
    eval_frames=(4,),
    decoded_cache=True,
)
WITH_A_SEED = over_seeds(EXPERIMENT, 2)
GROWN = replace(
    WITH_A_SEED,
    trials=(TSM.vary(lr=0.01), *WITH_A_SEED.trials),
    eval_frames=(2, 4, 6),
    samplings=("segments",),
)


def run(experiment, folder, videos):
    """A session of a study, without Ray."""
    study = Study(experiment, folder, DataPlaces(data_root=videos))
    study.check_folder()
    study.write_record([], study.data.facts())
    for trial in sorted([*study.to_evaluate(), *study.to_train()], key=lambda trial: len(trial.needs)):
        run_trial(trial, folder, study.data, study.protocol)
    assert study.is_over
    study.write_tables()
    study.write_record([], study.data.facts())


@pytest.fixture(scope="module")
def grown(videos, tmp_path_factory):
    """The folder of a study that grew twice."""
    folder = StudyFolder(tmp_path_factory.mktemp("grown"))
    run(EXPERIMENT, folder, videos)
    for experiment in (WITH_A_SEED, GROWN):
        epochs = epochs_so_far(folder.root)
        run(experiment, folder, videos)
        assert_not_trained_again(epochs, folder.root)
    return folder


@pytest.fixture
def copied(grown, tmp_path):
    return StudyFolder(shutil.copytree(grown.root, tmp_path / "copied"))


def test_it_has_the_rows_of_one_that_was_planned_so_byte_for_byte(grown, videos, tmp_path):
    planned = StudyFolder(tmp_path / "planned")
    run(GROWN, planned, videos)
    assert_same_tables(grown.root, planned.root)
    for name in ("evaluations.csv", "predictions.parquet", "batchnorm.csv"):
        assert (grown.root / name).read_bytes() == (planned.root / name).read_bytes()
    assert len(pd.read_csv(grown.root / "trials.csv")) == 9


def test_rows_of_an_interrupted_growth_are_written_again(copied, videos):
    """Its predictions were written and its evaluations were not."""
    expected = {path: pd.read_parquet(path) for path in copied.root.glob("trials/*/*.parquet")}
    for path in copied.root.glob("trials/*/evaluations.csv"):
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        rows[rows["eval_frames"] != "6"].to_csv(path, index=False)
    run(GROWN, copied, videos)
    for path, rows in expected.items():
        pd.testing.assert_frame_equal(pd.read_parquet(path), rows)


def test_a_finished_trial_whose_further_evaluation_fails_is_evaluated_again_and_not_trained(copied, videos, tmp_path):
    study = Study(replace(GROWN, eval_frames=(2, 4, 6, 8)), copied, DataPlaces(data_root=videos))
    epochs, before = epochs_so_far(copied.root), copied.outcome(TSM.name)
    last = (copied.checkpoints(TSM.name) / "last.pt").rename(tmp_path / "last.pt")
    with pytest.raises(FileNotFoundError, match=r"last\.pt") as failure:
        run_trial(TSM, copied, study.data, study.protocol)
    copied.write_failure(TSM.name, str(failure.value))
    assert TSM not in study.to_train() and TSM in study.to_evaluate()
    study.write_tables()
    (row,) = pd.read_csv(copied.root / "trials.csv").query(f"trial == '{TSM.name}'").to_dict("records")
    assert (row["status"], row["parameters"]) == ("finished", before["parameters"])
    assert "last.pt" in row["reason"]
    last.rename(copied.checkpoints(TSM.name) / "last.pt")
    run(study.experiment, copied, videos)
    assert_not_trained_again(epochs, copied.root)


def test_what_the_experiment_lost_stays_and_is_marked(copied, videos):
    before = pd.read_csv(copied.root / "evaluations.csv")
    smaller = replace(GROWN, trials=(FFN, TSM), eval_frames=(4,), samplings=())
    run(smaller, copied, videos)
    for _ in range(2):
        trials = pd.read_csv(copied.root / "trials.csv").set_index("trial")
        assert set(trials.index[trials["notice"].isna()]) == {FFN.name, TSM.name}
        assert set(trials["notice"].dropna()) == {"the experiment no longer has this trial"}
        assert len(pd.read_csv(copied.root / "evaluations.csv")) == len(before)
        Study.begun_in(copied.root).write_tables()
    changed = replace(GROWN, trials=(FFN, TSM, LOW.vary(weight_decay=0.1)))
    with pytest.raises(ValueError, match=f"{LOW.name} was begun with weight_decay"):
        Study(changed, copied, DataPlaces(data_root=videos)).check_folder()
    run(GROWN, copied, videos)
    pd.testing.assert_frame_equal(pd.read_csv(copied.root / "evaluations.csv"), before)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": "other"}, "holds the study 'grown', not 'other'"),
        ({"eval_split": "test"}, "eval_split validation, which is now test"),
        ({"validation_frames": (6,)}, "validation_frames"),
        ({"decoded_cache": False}, "decoded_cache True, which is now False"),
        ({"trials": (TSM.vary(weight_decay=0.1), FFN)}, f"{TSM.name} was begun with weight_decay 0.0005"),
        (
            {"trials": (TSM, FFN.vary(parts=Parts(temporal_kernels=True)))},
            f"{FFN.name} was begun with parts.temporal_kernels False",
        ),
        ({"trials": (TSM.vary(recalibration_clips=6), FFN)}, "recalibration_clips 12, which is now 6"),
    ],
)
def test_what_would_change_a_trial_that_has_begun_is_refused_by_field(changes, named, grown, videos):
    with pytest.raises(ValueError, match=re.escape(named)) as refused:
        Study(replace(GROWN, **changes), grown, DataPlaces(data_root=videos)).check_folder()
    assert str(grown.root) in str(refused.value)
    assert "--out" in str(refused.value)


def test_resources_and_what_has_not_begun_may_change(grown, videos, tmp_path):
    other = replace(GROWN, trials=(TSM.vary(cpus=2, loader_workers=1), FFN), question="How?")
    Study(other, grown, DataPlaces(data_root=videos)).check_folder()
    begun = Study(EXPERIMENT, StudyFolder(tmp_path), DataPlaces(data_root=videos))
    begun.write_record([], begun.data.facts())
    changed = replace(EXPERIMENT, trials=(TSM.vary(weight_decay=0.1),), eval_split="test")
    Study(changed, begun.folder, DataPlaces(data_root=videos)).check_folder()


def test_a_trial_that_a_search_varies_cannot_be_left_out(videos, tmp_path):
    searched = replace(
        EXPERIMENT,
        trials=(TSM, FFN),
        score_frames=(4,),
        search=Search(space={"weight_decay": choice([0.1])}, samples=1),
    )
    study = Study(searched, StudyFolder(tmp_path), DataPlaces(data_root=videos))
    study.suggest(TSM.name, {"weight_decay": 0.1})
    study.write_record([], study.data.facts())
    study.folder.checkpoints(FFN.name).mkdir(parents=True)
    with pytest.raises(ValueError, match=f"the search .* varies {TSM.name}"):
        Study(replace(searched, trials=(FFN,)), study.folder, DataPlaces(data_root=videos)).check_folder()


def test_what_a_session_will_do_is_said_before(grown, videos):
    larger = replace(GROWN, trials=(*GROWN.trials[1:], TSM.vary(seed=7)), eval_frames=(2, 4, 6, 8))
    said = list(outlook(Study(larger, grown, DataPlaces(data_root=videos))))
    assert said[0] == "Kept as they are: 0 of 9 trials"
    assert said[1].startswith("Evaluated at more, without training: ") and said[1].endswith(" and 2 more")
    assert said[2:] == [
        f"Trained: {TSM.vary(seed=7).name}",
        f"No longer in the experiment, kept in the tables: {TSM.vary(lr=0.01).name}",
    ]


def test_code_that_changed_and_a_folder_that_moved_are_said():
    earlier = {"code_hash": "a", "started": "2026-01-01", "folder": "/old"}
    assert list(since(earlier, earlier)) == []
    assert list(since(earlier, {"code_hash": "b", "folder": "/new"})) == [
        "The code has changed since the session of 2026-01-01",
        "The study was in /old before",
    ]


DRY_RUN = """
from dataclasses import replace
from tests.study.test_growth import GROWN, TSM

experiment = replace(GROWN, trials=(*GROWN.trials, TSM.vary(seed=7)), samplings=("segments", "even"))
"""


def test_a_dry_run_plans_what_is_left(grown, videos, tmp_path, capsys):
    (tmp_path / "larger.py").write_text(DRY_RUN)
    words = ["run", str(tmp_path / "larger.py"), "--data", str(videos), "--out", str(grown.root), "--dry-run"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "Evaluated at more, without training: " in printed
    assert "1 trials on 48 training clips" in printed


HOLD = """
import sys, time
from pathlib import Path
from study.results.folder import StudyFolder
from study.results.folder_lock import sole_user

with sole_user(StudyFolder(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_folder_in_use_is_refused_with_who_holds_it_until_that_process_is_gone(grown, copied, capsys):
    words = [sys.executable, "-c", HOLD, copied.root]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        assert main(["resume", str(copied.root)]) == 2
        printed = capsys.readouterr().err
        assert f"{copied.root} is in use by process {holder.pid} on {os.uname().nodename} since " in printed
        assert len(printed.strip().splitlines()) == 1
        holder.send_signal(signal.SIGKILL)
    assert (copied.root / "in_use.json").exists()  # it could not tidy up
    with sole_user(copied):
        assert json.loads((copied.root / "in_use.json").read_text())["process"] == os.getpid()
    assert not (copied.root / "in_use.json").exists()


def test_an_evaluation_never_writes_over_a_studys_tables(copied, videos, capsys):
    before = (copied.root / "evaluations.csv").read_bytes()
    checkpoint = copied.checkpoints(TSM.name) / "last.pt"
    words = ["evaluate", "--checkpoint", str(checkpoint), "--data", str(videos), "--frames", "4"]
    assert main([*words, "--out", str(copied.root)]) == 2
    assert "holds a study" in capsys.readouterr().err
    assert (copied.root / "evaluations.csv").read_bytes() == before


def test_a_tilde_is_the_home_folder_wherever_a_path_is_given(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    for words in (
        ["resume", "~/none"], ["run", "~/none.py"], ["run", "experiments/demo.py", "--data=~/none"],
        ["evaluate", "--checkpoint=~/none", "--data=~", "--frames=4"], ["data", "verify", "~/none"],
    ):  # fmt: skip
        assert main(words) == 2
        assert f"{tmp_path}/none" in capsys.readouterr().err
