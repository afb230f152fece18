"""Estimates with 95 % intervals from accuracies alone. Accuracies are percentages, ratios are fractions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95


class Estimate(NamedTuple):
    """A value and its 95 % interval; both ends are NaN where the data cannot give an interval."""

    value: float
    low: float
    high: float


class Difference(NamedTuple):
    """A difference in points with its 95 % interval, and the two-sided p value of no difference (NaN: no test).

    identical: both answered every clip alike, so the difference is 0 without any interval or test.
    """

    estimate: Estimate
    p_value: float
    identical: bool = False


IDENTICAL = Difference(Estimate(0.0, np.nan, np.nan), np.nan, identical=True)


def accuracy_estimate(top1: Sequence[float], clips: int) -> Estimate:
    """Accuracy in percent, one value per seed, each over `clips` clips.

    One seed: Wilson's interval over clips. Several: Student's t interval over seeds, cut to 0..100.
    """
    if len(top1) == 1:
        return Estimate(float(top1[0]), *wilson_interval(round(top1[0] * clips / 100), clips))
    estimate = mean_estimate(top1)
    return Estimate(estimate.value, max(estimate.low, 0.0), min(estimate.high, 100.0))


def wilson_interval(correct: int, clips: int) -> tuple[float, float]:
    """Wilson's score interval (1927) for `correct` of `clips`, in percent."""
    interval = stats.binomtest(int(correct), int(clips)).proportion_ci(LEVEL, method="wilson")
    return 100 * interval.low, 100 * interval.high


def mean_estimate(values: Sequence[float]) -> Estimate:
    """Mean over seeds with Student's t interval; no interval for a single value."""
    half_width = _student_quantile(len(values)) * _standard_error(values)
    mean = float(np.mean(values))
    return Estimate(mean, mean - half_width, mean + half_width)


def difference_by_seed(differences: Sequence[float]) -> Difference:
    """The mean of one difference per seed, with Student's t interval and test; neither for a single seed."""
    error, mean = _standard_error(differences), float(np.mean(differences))
    if not error > 0:
        return Difference(mean_estimate(differences), np.nan)
    return Difference(mean_estimate(differences), float(2 * stats.t.sf(abs(mean) / error, len(differences) - 1)))


def ratio_estimate(numerators: Sequence[float], denominators: Sequence[float]) -> Estimate:
    """Ratio of two means paired by seed, with the linearised (delta method) t interval of a ratio estimator.

    NaN throughout if the denominators' mean is not positive; no interval for a single pair.
    """
    numerators, denominators = np.asarray(numerators, float), np.asarray(denominators, float)
    if not len(denominators) or denominators.mean() <= 0:
        return Estimate(np.nan, np.nan, np.nan)
    ratio = float(numerators.mean() / denominators.mean())
    residuals = (numerators - ratio * denominators) / denominators.mean()
    half_width = _student_quantile(len(residuals)) * _standard_error(residuals)
    return Estimate(ratio, ratio - half_width, ratio + half_width)


def _student_quantile(count: int) -> float:
    return float(stats.t.ppf((1 + LEVEL) / 2, count - 1)) if count > 1 else np.nan


def _standard_error(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
