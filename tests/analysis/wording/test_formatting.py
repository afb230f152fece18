import pytest

from analysis.statistics.estimates import IDENTICAL, Difference, Estimate
from analysis.wording.formatting import difference_phrase, interval_phrase, p_phrase, percent

NAN = float("nan")


@pytest.mark.parametrize(("estimate", "words"), [
    (Estimate(1.14, 0.2, 2.0), "1.1 points (0.2 to 2.0) above TSM"),
    (Estimate(-1.14, -2.0, 0.3), "1.1 points (−0.3 to 2.0) below TSM"),
    (Estimate(0.01, -0.5, 0.5), "equal to TSM (−0.5 to 0.5)"),
    (Estimate(3.0, NAN, NAN), "3.0 points above TSM"),
])  # fmt: skip
def test_a_difference_is_told_in_the_direction_of_its_words(estimate, words):
    assert difference_phrase(Difference(estimate, NAN), "TSM") == words


def test_identical_networks_have_no_interval():
    assert difference_phrase(IDENTICAL, "TSM") == "identical to TSM"


def test_shares_are_whole_percentages_and_small_p_values_are_bounded():
    assert percent(Estimate(-0.031, NAN, NAN)) == "−3 %"
    assert interval_phrase(Estimate(0.9, 0.85, 1.01), 100) == " (85 to 101)"
    assert (p_phrase(2e-9), p_phrase(0.0316)) == ("p < 0.001", "p = 0.032")
