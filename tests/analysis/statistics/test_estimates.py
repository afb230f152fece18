import numpy as np
import pytest
from scipy import stats

from analysis.statistics.estimates import (
    accuracy_estimate,
    difference_by_seed,
    mean_estimate,
    ratio_estimate,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("correct", "clips", "low", "high"),
    [(81, 263, 25.53, 36.62), (15, 148, 6.24, 16.05), (0, 20, 0.00, 16.11), (1, 29, 0.61, 17.18)],
)
def test_wilson_interval_agrees_with_newcombe_1998_table_1(correct, clips, low, high):
    assert wilson_interval(correct, clips) == pytest.approx((low, high), abs=0.006)


def test_one_seed_gets_the_interval_over_clips():
    estimate = accuracy_estimate([42.33], 600)
    assert estimate.value == 42.33
    assert (estimate.low, estimate.high) == wilson_interval(254, 600)


def test_several_seeds_get_students_interval_over_seeds():
    estimate = accuracy_estimate([1, 2, 3, 4, 5], 600)
    half_width = 2.776445 * np.sqrt(2.5 / 5)  # t(0.975, 4) times the standard error
    assert estimate == pytest.approx((3, 3 - half_width, 3 + half_width))


def test_an_interval_of_accuracies_stays_a_percentage():
    assert accuracy_estimate([99.0, 100.0], 600).high == 100
    assert accuracy_estimate([0.0, 1.0], 600).low == 0


def test_a_single_difference_or_ratio_has_no_interval():
    assert np.isnan(mean_estimate([57.5]).low)
    ratio = ratio_estimate([40.0], [50.0])
    assert ratio.value == 0.8
    assert np.isnan(ratio.high)


def test_seeds_that_agree_leave_no_width():
    assert mean_estimate([5.0, 5.0, 5.0]) == (5, 5, 5)
    assert ratio_estimate([8.0, 4.0], [10.0, 5.0]) == pytest.approx((0.8, 0.8, 0.8))


def test_nothing_to_recover_is_no_ratio():
    assert np.isnan(ratio_estimate([1.0], [0.0]).value)
    assert np.isnan(ratio_estimate([1.0], [-3.0]).value)
    assert np.isnan(ratio_estimate([], []).value)


def test_the_intervals_cover_the_truth_at_their_rate():
    draws = np.random.default_rng(0)
    gaps = draws.normal(50, 3, size=(1000, 5))
    closed = 0.8 * gaps + draws.normal(0, 3, size=gaps.shape)
    ratios = [ratio_estimate(*pair) for pair in zip(closed, gaps)]
    means = [mean_estimate(seeds) for seeds in gaps]
    assert np.mean([ratio.low < 0.8 < ratio.high for ratio in ratios]) == pytest.approx(0.95, abs=0.025)
    assert np.mean([mean.low < 50 < mean.high for mean in means]) == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.98])
def test_wilson_covers_the_truth_at_its_rate(share):
    clips = 200
    counts = np.arange(clips + 1)
    covers = [low <= 100 * share <= high for low, high in (wilson_interval(correct, clips) for correct in counts)]
    assert stats.binom.pmf(counts, clips, share)[covers].sum() == pytest.approx(0.95, abs=0.02)


def test_one_difference_per_seed_has_students_interval_and_test():
    found = difference_by_seed([1.0, 2.0, 3.0])
    assert found.estimate == mean_estimate([1.0, 2.0, 3.0])
    assert found.p_value == pytest.approx(stats.ttest_1samp([1.0, 2.0, 3.0], 0).pvalue)


def test_a_single_difference_and_equal_ones_cannot_be_tested():
    assert np.isnan(difference_by_seed([5.0]).p_value)
    assert np.isnan(difference_by_seed([5.0, 5.0]).p_value)
