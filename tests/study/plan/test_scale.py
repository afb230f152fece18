"""An experiment over seeds and folds."""

from dataclasses import replace

import pytest

from ffn.data.synthetic import SyntheticDataset
from study.plan.experiment import Experiment
from study.plan.scale import at_demo_scale, on_gpus, over_folds, over_seeds
from study.plan.search import Search, uniform
from study.plan.stopping import Stopping
from study.plan.trial import Trial

BEFORE = Trial(variant="before", synthetic=SyntheticDataset())
TRIALS = (BEFORE, Trial(start=BEFORE), Trial(variant="new"))
EXPERIMENT = Experiment(name="x", question="?", trials=TRIALS, eval_frames=(4,), validation_frames=(4,))


def test_each_fold_has_each_trial_and_all_share_the_pre_training():
    trials = over_folds(EXPERIMENT, 3).trials
    assert [trial for trial in trials if trial.synthetic] == [BEFORE]
    assert [trial.fold for trial in trials if trial.variant == "new"] == [0, 1, 2]
    assert [(trial.fold, trial.start) for trial in trials if trial.start] == [(0, BEFORE), (1, BEFORE), (2, BEFORE)]
    assert len(trials) == 1 + 2 * 3


def test_each_seed_has_its_own_pre_training_whichever_comes_first():
    of_seeds = over_seeds(over_folds(EXPERIMENT, 2), 3).trials
    assert set(of_seeds) == set(over_folds(over_seeds(EXPERIMENT, 3), 2).trials)
    assert len(of_seeds) == 3 * (1 + 2 * 2)
    assert all(trial.start.training.seed == trial.training.seed for trial in of_seeds if trial.start)


def test_seeds_replace_those_that_the_trials_have():
    several = over_seeds(EXPERIMENT, 3)
    assert over_seeds(several, 2) == over_seeds(EXPERIMENT, 2)


def test_trials_in_folds_keep_their_split_at_demo_scale():
    assert at_demo_scale(EXPERIMENT).eval_split == "test"
    folded = over_folds(EXPERIMENT, 2)
    assert at_demo_scale(folded).eval_split == folded.eval_split == "validation"


def test_trials_that_differ_in_their_networks_alone_have_no_demo_scale():
    with pytest.raises(ValueError, match="--scale demo replaces every network"):
        at_demo_scale(replace(EXPERIMENT, trials=(TRIALS[2], TRIALS[2].vary(backbone="tsn_resnet50"))))


def test_a_share_of_a_gpu_is_for_every_trial_and_what_it_begins_with():
    trials = on_gpus(EXPERIMENT, 0.25).trials
    assert {trial.resources.gpus for trial in (*trials, trials[1].start)} == {0.25}
    assert on_gpus(replace(EXPERIMENT, trials=trials), 0) == EXPERIMENT


@pytest.mark.parametrize("changes", [
    {"eval_split": "test"},
    {"search": Search(space={"lr": uniform(0.1, 0.2)}, samples=2), "score_frames": (4,), "trials": TRIALS[2:]},
    {"stopping": Stopping(), "score_frames": (4,), "trials": TRIALS[2:]},
])  # fmt: skip
def test_what_compares_different_clips_is_refused_by_name(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        over_folds(replace(EXPERIMENT, **changes), 2)


def test_fewer_than_two_folds_are_refused():
    with pytest.raises(ValueError, match="folds"):
        over_folds(EXPERIMENT, 1)


def test_trials_of_one_dataset_share_the_size_of_their_cached_frames():
    small = BEFORE.vary(short_side=56, crop_size=48)
    assert replace(EXPERIMENT, decoded_cache=True).cached_sides == {None: 256, BEFORE.synthetic: 256}
    of_two = replace(EXPERIMENT, trials=(small, Trial(start=small)), decoded_cache=True)
    assert of_two.cached_sides == {None: 256, small.synthetic: 56}
    with pytest.raises(ValueError, match="short_side"):
        replace(EXPERIMENT, trials=(Trial(), Trial(variant="small").vary(short_side=230)), decoded_cache=True)
