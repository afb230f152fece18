"""Optuna's suggestions: the same budget for every trial, also over interruptions."""

from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest
from ray.tune.search import Searcher

from experiments.demo import FFN, TINY
from experiments.demo import experiment as demo
from study.cluster.suggestions import Suggestions
from study.plan.scale import over_seeds
from study.plan.search import Search, choice, loguniform
from study.plan.trial import Trial
from study.results.folder import EPOCHS, OUTCOME, StudyFolder, write_json, write_table
from study.study import Study

SPACE = {"lr": loguniform(1e-3, 1e-1), "weight_decay": choice([0.0, 1e-4])}
EXPERIMENT = replace(demo, trials=(TINY, FFN), score_frames=(16,), search=Search(space=SPACE, samples=4))


@pytest.fixture
def folder(tmp_path):
    return StudyFolder(tmp_path)


def suggestions(study, first):
    return Suggestions(study, study.experiment.search, first)


def end(folder, trial, status="finished"):
    """Leave what a trial leaves that reached an accuracy by its learning rate."""
    rows = pd.DataFrame([{"epoch": 1, "validation_top1_16": 100 * trial.training.lr, "seconds": 1.0}])
    write_table(folder.trial(trial.name) / EPOCHS, rows)
    write_json(folder.trial(trial.name) / OUTCOME, {"status": status})


def hand_out(suggestions, folder, most=100, status="finished"):
    """Take trials from Tune's side, one after the other, and end each."""
    trials = []
    for number in range(most):
        configuration = suggestions.suggest(f"{id(suggestions)}-{number}")
        if configuration == Searcher.FINISHED:
            break
        trials.append(Trial.from_dict(configuration["trial"]))
        end(folder, trials[-1], status)
        suggestions.on_trial_complete(f"{id(suggestions)}-{number}", error=status == "failed")
    return trials


def test_the_experiments_trials_come_first_then_each_gets_its_budget_in_turn(folder):
    study = Study(EXPERIMENT, folder)
    trials = hand_out(suggestions(study, EXPERIMENT.trials), folder)
    assert set(trials[:2]) == set(EXPERIMENT.trials)
    assert [str(trial.arm) for trial in trials[2:]] == ["tsm-16", "ffn-4+8+16"] * 4
    assert len({trial.name for trial in trials}) == 10
    for known in (study, Study(EXPERIMENT, folder)):
        assert set(known.trials) == set(trials)
        assert known.trials_to_come == 0


def test_an_interrupted_search_spends_what_is_left_of_its_budget(folder):
    before = hand_out(suggestions(Study(EXPERIMENT, folder), EXPERIMENT.trials), folder, most=5)
    suggested = folder.suggestions()
    after = hand_out(suggestions(Study(EXPERIMENT, folder), ()), folder)
    assert suggested and folder.suggestions()[: len(suggested)] == suggested
    assert Counter(str(trial.arm) for trial in before + after) == {"tsm-16": 5, "ffn-4+8+16": 5}
    assert len({trial.name for trial in before + after}) == 10


def test_a_small_space_is_searched_through_without_repeats(folder):
    small = replace(EXPERIMENT, search=Search(space={"lr": choice([0.05, 0.02, 0.01, 0.005])}, samples=3))
    rates = Counter(trial.training.lr for trial in hand_out(suggestions(Study(small, folder), small.trials), folder))
    assert rates == {0.05: 2, 0.02: 2, 0.01: 2, 0.005: 2}


def test_seeds_of_a_trial_try_the_same_settings(folder):
    several = over_seeds(EXPERIMENT, 2)
    trials = hand_out(suggestions(Study(several, folder), several.trials), folder)
    assert len(trials) == 20
    assert set(Counter((trial.arm, trial.setting, trial.training.lr) for trial in trials).values()) == {2}


def test_failed_trials_spend_their_share_and_end_the_search_all_the_same(folder):
    trials = hand_out(suggestions(Study(EXPERIMENT, folder), EXPERIMENT.trials), folder, status="failed")
    assert len(trials) == 10


def test_what_scores_well_is_suggested_more_often(folder):
    """Accuracy grows with the learning rate, so that Optuna's later suggestions lie above its first, random ones."""
    wide = replace(EXPERIMENT, trials=(TINY,), search=Search(space=SPACE, samples=30))
    rates = pd.Series(
        [trial.training.lr for trial in hand_out(suggestions(Study(wide, folder), wide.trials), folder)][1:]
    )
    assert rates[15:].median() > 2 * rates[:10].median()
