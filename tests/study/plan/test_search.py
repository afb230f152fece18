"""Searches of fields: what is drawn, what is refused, and how they travel."""

from collections import Counter

import pytest

from experiments.demo import FFN, TINY
from study.plan.experiment import Experiment
from study.plan.scale import at_demo_scale, over_seeds
from study.plan.search import Search, choice, loguniform, random_trials, seed_groups, uniform
from study.plan.stopping import Stopping

BASES = (TINY, FFN)
SPACE = {"lr": loguniform(1e-3, 1e-1), "weight_decay": uniform(0.0, 1e-3), "batch_size": choice([8, 16])}


def experiment(**changes):
    values = {
        "name": "search", "question": "?", "trials": BASES, "eval_frames": (4,), "validation_frames": (4, 8, 16),
        "score_frames": (4, 16), "search": Search(space=SPACE, samples=3), "stopping": Stopping(),
    }  # fmt: skip
    return Experiment(**values | changes)


def settings(trials):
    return [(trial.training.lr, trial.training.weight_decay, trial.training.batch_size) for trial in trials]


def test_a_random_search_is_the_same_each_time_and_gives_every_trial_the_same_settings():
    trials = random_trials(BASES, SPACE, samples=5, seed=1)
    assert trials == random_trials(BASES, SPACE, samples=5, seed=1)
    assert Counter(str(trial.arm) for trial in trials) == {"tsm-16": 5, "ffn-4+8+16": 5}
    assert settings(trials[:5]) == settings(trials[5:])
    assert not set(settings(trials)) & set(settings(random_trials(BASES, SPACE, samples=5, seed=2)))


def test_names_say_exactly_what_is_trained():
    for trial in random_trials(BASES, SPACE, samples=20):
        assert f"weight_decay{trial.training.weight_decay:g}-" in trial.name
        assert f"batch_size{trial.training.batch_size}-lr{trial.training.lr}-seed0" in trial.name
        assert 1e-3 <= trial.training.lr <= 1e-1
        assert 0 <= trial.training.weight_decay <= 1e-3


def test_every_combination_is_drawn_once():
    space = {"batch_size": choice([8, 16]), "lr_schedule": choice(["steps", "cosine"])}
    trials = random_trials((TINY,), space, samples=4)
    assert len({(trial.training.batch_size, trial.training.lr_schedule) for trial in trials}) == 4
    with pytest.raises(ValueError, match="samples"):
        random_trials((TINY,), space, samples=5)


def test_a_searched_experiment_comes_back_from_plain_values():
    assert Experiment.from_dict(experiment().as_dict()) == experiment()


@pytest.mark.parametrize(("changes", "named"), [
    ({"space": {"lr": ("qloguniform", 1e-3, 1e-1)}}, "lr"),
    ({"space": {"lr": 0.1}}, "lr"),
    ({"space": {"lr": loguniform(0, 0.1)}}, "lr"),
    ({"space": {"lr": uniform(0.1, 0.01)}}, "lr"),
    ({"space": {"lr": choice([None])}}, "lr"),
    ({"space": {"recipe": choice([1])}}, "recipe"),
    ({"space": {"batch_size": uniform(8, 16)}}, "batch_size"),
    ({"space": {}}, "space"),
    ({"samples": 0}, "samples"),
    ({"space": {"batch_size": choice([8, 8])}}, "samples"),
])  # fmt: skip
def test_a_space_that_cannot_be_searched_is_refused_with_the_fields_name(changes, named):
    with pytest.raises(ValueError, match=named):
        Search(**{"space": SPACE, "samples": 2} | changes)


@pytest.mark.parametrize(("changes", "named"), [
    ({"score_frames": ()}, "score_frames"),
    ({"validation_frames": ()}, "score_frames: tsm-16"),
    ({"search": Search(space={"dropout": uniform(0.5, 1.5)}, samples=1)}, "dropout"),
    ({"trials": (TINY, TINY.vary(lr=0.02))}, "space"),
    ({"search": Search(space={"batch_size": choice([8, TINY.training.batch_size])}, samples=2)}, "samples"),
    ({"stopping": Stopping(grace_epochs=7)}, "grace_epochs"),
])  # fmt: skip
def test_a_search_that_the_trials_do_not_fit_is_refused(changes, named):
    with pytest.raises(ValueError, match=named):
        experiment(**changes)


def test_at_demo_scale_rates_grow_and_searched_values_stay():
    long = tuple(base.vary(epochs=50) for base in BASES)
    demo = at_demo_scale(experiment(trials=long, stopping=Stopping(grace_epochs=6)))
    assert demo.search.space["lr"] == ("loguniform", pytest.approx(5e-3), pytest.approx(5e-1))
    assert demo.search.space["weight_decay"] == experiment().search.space["weight_decay"]
    assert demo.stopping.grace_epochs == 1
    drawn = random_trials(BASES, SPACE, samples=3)
    shrunk = at_demo_scale(experiment(trials=drawn, search=None, stopping=None)).trials
    assert [(trial.training.weight_decay, trial.training.batch_size) for trial in shrunk] == [
        row[1:] for row in settings(drawn)
    ]


def test_trials_that_differ_only_in_their_seed_are_searched_together():
    several = over_seeds(experiment(), 3)
    assert [[trial.training.seed for trial in group] for group in seed_groups(several.trials)] == [[0, 1, 2], [0, 1, 2]]
