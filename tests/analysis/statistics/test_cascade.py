import numpy as np
import pytest

from analysis.statistics.cascade import (
    Answers,
    as_accurate_as_the_last,
    averaged,
    calibration_error,
    crossed,
    most_accurate_within,
)

CLIPS = 4000


@pytest.fixture(scope="module")
def answers():
    """Three counts of rising accuracy, each of whose answers is right with the probability that it says."""
    noise = np.random.default_rng(0)
    confidence = np.stack([noise.uniform(low, 1, CLIPS) for low in (0.0, 0.5, 0.8)])
    right = noise.random(confidence.shape) < confidence
    labels = noise.integers(0, 9, CLIPS)
    classes = np.where(right, labels, labels + 1)
    return Answers(
        counts=np.array([4, 8, 16]), costs=np.array([1.0, 2.0, 4.0]), labels=labels, classes=classes,
        confidence=confidence,
    )  # fmt: skip


def test_the_ends_of_the_rule_are_the_first_and_the_last_count(answers):
    first, last = (answers.outcome(answers.stops(threshold)) for threshold in (0.0, 1.01))
    assert (first.right == answers.right[0]).all() and set(first.cost) == {1.0} and set(first.frames) == {4}
    assert (last.right == answers.right[-1]).all() and set(last.cost) == {7.0} and set(last.frames) == {28}


def test_costs_rise_with_the_threshold(answers):
    assert answers.rules.sort_values("threshold")["cost"].is_monotonic_increasing


def test_a_calibrated_cascade_beats_the_fixed_counts_at_their_cost(answers):
    found = crossed(answers, most_accurate_within(2.0))
    assert found.cost.mean() == pytest.approx(2.0, abs=0.1)
    assert found.right.mean() > answers.right[1].mean()


def test_the_accuracy_of_the_last_count_costs_less(answers):
    found = crossed(answers, as_accurate_as_the_last)
    assert found.right.mean() == pytest.approx(answers.right[-1].mean(), abs=0.03)
    assert found.cost.mean() < answers.costs.sum()


def test_a_threshold_is_never_chosen_on_the_clips_that_it_is_judged_by(answers):
    """The choice sees the answers about one half alone; the stops of the other half follow from it."""
    seen = []

    def choose(half):
        seen.append(half)
        return 0.5 * len(seen)  # another threshold for each half

    found = crossed(answers, choose)
    (first, _), (second, _) = answers.halves
    assert sorted([*first, *second]) == list(range(CLIPS))
    assert [len(half.labels) for half in seen] == [len(second), len(first)]
    for clips, threshold in ((first, 0.5), (second, 1.0)):
        expected = answers.outcome(answers.stops(threshold))
        assert (found.cost[clips] == expected.cost[clips]).all()


def test_no_rule_is_more_accurate_than_the_oracle(answers):
    assert answers.oracle.right.mean() == answers.right.any(axis=0).mean() >= answers.rules["accuracy"].max()


def test_calibration_error_of_honest_and_of_boastful_answers(answers):
    assert calibration_error(answers.confidence[0], answers.right[0]) < 3
    assert calibration_error(np.full(100, 1.0), np.arange(100) < 60) == pytest.approx(40)
    assert calibration_error(np.array([0.9, 0.9, 0.1, 0.1]), np.array([1, 0, 0, 0])) == pytest.approx(25)


def test_averages_are_those_of_the_whole_distributions():
    noise = np.random.default_rng(1)
    whole = noise.dirichlet(np.ones(5), size=(3, 50))
    classes = np.argsort(-whole, axis=2)
    found, confidence = averaged(classes, np.take_along_axis(whole, classes, axis=2))
    means = np.cumsum(whole, axis=0) / np.arange(1, 4)[:, None, None]
    assert (found == means.argmax(axis=2)).all()
    assert np.allclose(confidence, means.max(axis=2))


def test_classes_that_do_not_exist_count_as_nothing():
    found, confidence = averaged(np.array([[[1, 0, -1]]]), np.array([[[0.7, 0.3, 0.0]]]))
    assert (found.item(), confidence.item()) == (1, 0.7)
