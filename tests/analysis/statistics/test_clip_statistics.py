import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.statistics.clip_statistics import accuracy_over_clips, aligned, holm, paired_difference, ratio_over_clips
from analysis.statistics.estimates import wilson_interval

SIMULATIONS = 300
EASE, HARD = 1.5, 0.3
FOUR_STANDARD_ERRORS = 4 * np.sqrt(0.95 * 0.05 / SIMULATIONS)


def outcomes(draws, ease, clips, *, seeds, seed_effect):
    """(S, N) answers of networks to clips of differing difficulty (N,); the chance of a right one is a probit."""
    noise = draws.normal(size=(seeds, len(clips))) + draws.normal(0, 1, (seeds, 1)) * seed_effect
    return (ease + clips + noise > 0).astype(float)


def true_accuracy(ease, seed_effect):
    return 100 * stats.norm.cdf(ease / np.sqrt(2 + seed_effect**2))


def coverage(estimate, truth, *, seeds, seed_effect, clips=400):
    """How often the interval of estimate(easy, hard, middling outcomes) holds the truth, over simulated studies."""
    draws, hits = np.random.default_rng(0), []
    for _ in range(SIMULATIONS):
        difficulty = draws.normal(size=clips)
        arms = [outcomes(draws, ease, difficulty, seeds=seeds, seed_effect=seed_effect) for ease in (EASE, HARD, 0.9)]
        found = estimate(*arms)
        hits.append(found.low <= truth <= found.high)
    return np.mean(hits)


CASES = [(1, 0.0), (3, 0.1), (5, 0.1), (5, 0.3)]


@pytest.mark.parametrize(("seeds", "seed_effect"), CASES)
def test_the_interval_of_an_accuracy_covers_the_truth_at_its_rate(seeds, seed_effect):
    truth = true_accuracy(EASE, seed_effect)
    found = coverage(lambda easy, *_: accuracy_over_clips(easy), truth, seeds=seeds, seed_effect=seed_effect)
    assert found == pytest.approx(0.95, abs=FOUR_STANDARD_ERRORS)


@pytest.mark.parametrize(("seeds", "seed_effect"), CASES)
def test_the_interval_of_a_difference_covers_the_truth_at_its_rate(seeds, seed_effect):
    truth = true_accuracy(EASE, seed_effect) - true_accuracy(HARD, seed_effect)
    found = coverage(
        lambda easy, hard, _: paired_difference(easy, hard).estimate, truth, seeds=seeds, seed_effect=seed_effect
    )
    assert found == pytest.approx(0.95, abs=FOUR_STANDARD_ERRORS)


@pytest.mark.parametrize(("seeds", "seed_effect"), CASES)
def test_the_interval_of_a_recovery_covers_the_truth_at_its_rate(seeds, seed_effect):
    easy, hard, middling = (true_accuracy(ease, seed_effect) for ease in (EASE, HARD, 0.9))
    found = coverage(
        lambda easy, hard, middling: ratio_over_clips(middling - hard, easy - hard),
        (middling - hard) / (easy - hard), seeds=seeds, seed_effect=seed_effect)  # fmt: skip
    assert found == pytest.approx(0.95, abs=FOUR_STANDARD_ERRORS)


@pytest.mark.parametrize("seeds", [2, 3])
def test_where_seeds_do_not_matter_the_interval_is_rather_too_wide(seeds):
    truth = true_accuracy(EASE, 0) - true_accuracy(HARD, 0)
    found = coverage(lambda easy, hard, _: paired_difference(easy, hard).estimate, truth, seeds=seeds, seed_effect=0)
    assert found > 0.95


@pytest.mark.parametrize(("seeds", "seed_effect"), [(1, 0.0), (3, 0.1)])
def test_equal_arms_are_seldom_called_different(seeds, seed_effect):
    draws, p_values = np.random.default_rng(1), []
    for _ in range(SIMULATIONS):
        clips = draws.normal(size=400)
        arm, other = (outcomes(draws, 0.9, clips, seeds=seeds, seed_effect=seed_effect) for _ in range(2))
        p_values.append(paired_difference(arm, other).p_value)
    assert np.mean(np.array(p_values) < 0.05) < 0.05 + FOUR_STANDARD_ERRORS


def test_one_seed_has_the_published_interval_and_the_exact_test():
    """Bonett and Price's adjusted Wald interval by hand; McNemar's test of 24 clips won and 9 lost of 100."""
    right = np.r_[np.ones(24), np.zeros(9), np.ones(50), np.zeros(17)][None]
    other = np.r_[np.zeros(24), np.ones(9), np.ones(50), np.zeros(17)][None]
    found = paired_difference(right, other)
    won, lost = 25 / 102, 10 / 102
    half_width = 1.959964 * np.sqrt((won + lost - (won - lost) ** 2) / 102)
    assert found.estimate == pytest.approx((15, 100 * (won - lost - half_width), 100 * (won - lost + half_width)))
    assert found.p_value == pytest.approx(2 * stats.binom.cdf(9, 33, 0.5))


def test_one_seeds_accuracy_has_wilsons_interval():
    correct = np.r_[np.ones(81), np.zeros(182)][None]
    assert accuracy_over_clips(correct)[1:] == wilson_interval(81, 263)


def test_the_interval_of_a_perfect_network_has_a_width():
    assert accuracy_over_clips(np.ones((3, 200))).low == pytest.approx(wilson_interval(200, 200)[0])
    nothing = paired_difference(np.ones((3, 200)), np.ones((3, 200)))
    assert nothing.estimate.low < 0 < nothing.estimate.high
    assert nothing.p_value == 1


def test_a_ratio_of_one_seed_agrees_with_the_bootstrap():
    draws = np.random.default_rng(2)
    clips = draws.normal(size=600)
    easy, hard, middling = (outcomes(draws, ease, clips, seeds=1, seed_effect=0)[0] for ease in (EASE, HARD, 0.9))
    data = (middling - hard, easy - hard)
    found = ratio_over_clips(*(row[None] for row in data))
    resampled = stats.bootstrap(
        data, lambda gained, missing, axis: gained.mean(axis) / missing.mean(axis), paired=True, vectorized=True,
        n_resamples=2000, rng=0).confidence_interval  # fmt: skip
    assert (found.low, found.high) == pytest.approx(resampled, abs=0.02)


def test_nothing_to_recover_is_no_ratio():
    assert np.isnan(ratio_over_clips(np.ones((1, 5)), np.zeros((1, 5))).value)


def test_holm_multiplies_the_smallest_by_all_and_never_falls():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])
    assert holm([np.nan, 0.02])[1] == pytest.approx(0.02)
    assert np.isnan(holm([np.nan])).all()


def test_only_shared_seeds_and_clips_are_left_in_the_same_order():
    one = pd.DataFrame([[1, 0], [0, 0], [1, 1]], index=[5, 6, 7], columns=[0, 1])
    other = pd.DataFrame([[0, 1], [1, 0]], index=[7, 5], columns=[1, 2])
    first, second = aligned([one, other])
    assert first.tolist() == [[0, 1]]
    assert second.tolist() == [[1, 0]]


def test_networks_that_share_nothing_are_not_compared():
    one = pd.DataFrame([[1]], index=[5], columns=[0])
    assert aligned([one, one.set_axis([1], axis="columns")]) is None
    assert aligned([one, one.set_axis([9])]) is None
