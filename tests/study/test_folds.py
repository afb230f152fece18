import csv
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from experiments.demo import experiment as demo
from ffn.data.layouts.something_something import SomethingSomething
from ffn.data.synthetic import SyntheticDataset
from ffn.training.checkpoint import LAST, load_checkpoint
from ffn.training.frame_schedule import constant
from study.__main__ import main
from study.dataset import DataPlaces, StudyData, data_of
from study.plan.experiment import Experiment
from study.plan.protocol import Protocol
from study.plan.scale import at_demo_scale, over_folds, over_seeds
from study.plan.trial import Trial, map_trials
from study.results.folder import PREDICTIONS, StudyFolder
from study.results.tables import write_tables
from study.run_trial import run_trial

TRIAL = Trial().vary(
    backbone="tiny", schedule=constant(2), epochs=1, batch_size=6, short_side=56, crop_size=48, loader_workers=0
)
BEGUN = TRIAL.vary(variant="begun", start=TRIAL)
EXPERIMENT = Experiment(name="folds", question="Which?", trials=(TRIAL, BEGUN), eval_frames=(2,))


@pytest.fixture(scope="module")
def folded(videos, tmp_path_factory):
    """24 videos in three folds, the two of each class in different ones."""
    root = tmp_path_factory.mktemp("folded")
    labelled = SomethingSomething(videos).labelled("validation")[:24]
    with (root / "videos.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "label", "fold"))
        for number, video in enumerate(labelled):
            os.link(video.path, root / video.path.name)
            rows.writerow((video.path.name, f"class{video.label}", (number + number // 12) % 3))
    return root


def test_each_clip_is_predicted_once_by_a_network_that_was_not_trained_on_it(folded, tmp_path):
    folder, data = StudyFolder(tmp_path), data_of(over_folds(EXPERIMENT, 3), DataPlaces(data_root=folded))
    protocol = Protocol(eval_frames=(2,), eval_split="validation")
    trials = [trial for trial in over_folds(EXPERIMENT, 3).trials if not trial.needs]
    for trial in trials:
        run_trial(trial, folder, data, protocol)
    tables = [pd.read_parquet(folder.trial(trial.name) / PREDICTIONS) for trial in trials]
    of_last = pd.concat(table[table.selection == "last"] for table in tables)
    videos = data.dataset.all_videos()
    assert sorted(of_last["clip"]) == list(range(len(videos)))
    assert [videos[clip].label for clip in of_last["clip"]] == of_last["label"].tolist()
    for trial, table in zip(trials, tables):
        trained_on = {video.id for video in data.of(trial).dataset.videos("train")}
        assert trained_on.isdisjoint(videos[clip].id for clip in table["clip"])
        assert set(table["fold"]) == {trial.fold}


def test_a_pre_training_is_drawn_trained_and_not_evaluated_and_its_weights_go_on(folded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the clips are drawn into data/ here
    before = TRIAL.vary(variant="before", synthetic=SyntheticDataset(train=12, validation=12, test=1, frames=12))
    trials = (before, TRIAL.vary(start=before, lr=1e-9))
    experiment = over_folds(replace(EXPERIMENT, trials=trials, decoded_cache=True), 3)
    folder, data = StudyFolder(tmp_path / "study"), data_of(experiment, DataPlaces(data_root=folded))
    data.prepare(lambda done, total: None)
    for trial in experiment.trials[:2]:
        run_trial(trial, folder, data, Protocol(eval_frames=(2,), eval_split="validation"))
        assert folder.is_finished(trial.name)
    write_tables(experiment.trials, folder)
    evaluated, epochs = (set(pd.read_csv(folder.root / name)["trial"]) for name in ("evaluations.csv", "epochs.csv"))
    assert (evaluated, epochs) == ({experiment.trials[1].name}, {trial.name for trial in experiment.trials[:2]})
    assert pd.read_csv(folder.root / "trials.csv")["fold"].tolist()[1:] == [0, 1, 2]
    models = [load_checkpoint(folder.checkpoints(trial.name) / LAST)["model"] for trial in experiment.trials[:2]]
    convolution = "backbone.conv1.weight"
    assert torch.allclose(models[0][convolution], models[1][convolution], atol=1e-6)
    facts = data.facts()
    assert (facts["folds"], facts["clips"]) == (3, {"validation": 24})
    assert facts["pre_training"][0]["clips"] == {"train": 12, "validation": 12}


def test_the_folds_share_one_decoded_cache(folded):
    data = StudyData(root=folded, cached_side=56)
    data.prepare(lambda done, total: None)
    for fold in range(3):
        clips = data.of(TRIAL.vary(fold=fold)).clips("validation", TRIAL.training.preparation)
        with clips.open_video(clips.videos[0].path) as opened:
            assert opened.num_frames
    assert len(list((folded / "decoded").iterdir())) == 1


def test_clips_of_a_dataset_without_folds_keep_their_place_in_the_split(videos):
    places = StudyData(root=videos).places("validation")
    assert np.array_equal(places, np.arange(len(SomethingSomething(videos).labelled("validation"))))


def test_folds_and_seeds_compose_and_each_builds_on_its_own():
    trials = over_folds(over_seeds(EXPERIMENT, 2), 3).trials
    assert {trial.name for trial in trials} == {trial.name for trial in over_seeds(over_folds(EXPERIMENT, 3), 2).trials}
    assert len(trials) == 12
    for trial in trials:
        assert all(needed.fold == trial.fold for needed in trial.needs)
    assert set(map_trials(trials, lambda trial: trial.vary(fold=None, seed=0))) == set(EXPERIMENT.trials)


def test_folds_that_the_dataset_has_not_are_refused_before_training(folded, videos):
    with pytest.raises(ValueError, match="has 3 folds, .* trials for no fold: run it with --folds 3"):
        data_of(EXPERIMENT, DataPlaces(data_root=folded))
    with pytest.raises(ValueError, match="has 3 folds, .* for the folds 0, 1, 2, 3"):
        data_of(over_folds(EXPERIMENT, 4), DataPlaces(data_root=folded))
    with pytest.raises(ValueError, match="has no folds"):
        data_of(over_folds(EXPERIMENT, 3), DataPlaces(data_root=videos))
    with pytest.raises(ValueError, match="has no folds, .*: pass a dataset with folds as --data"):
        data_of(at_demo_scale(over_folds(EXPERIMENT, 3)), DataPlaces())
    with pytest.raises(ValueError, match="folds must be at least 2"):
        over_folds(EXPERIMENT, 1)
    with pytest.raises(ValueError, match="eval_split must be validation"):
        over_folds(replace(EXPERIMENT, eval_split="test"), 3)


def test_an_experiment_runs_over_the_folds_that_the_command_line_says(folded, tmp_path, capsys):
    out = tmp_path / "not begun"
    words = ["run", "experiments/demo.py", "--data", str(folded), "--out", str(out), "--dry-run"]
    assert main([*words, "--folds", "3"]) == 0
    assert f"{3 * len(demo.trials)} trials on" in capsys.readouterr().out
    assert main(words) == 2
    assert "run it with --folds 3" in capsys.readouterr().err
