"""Estimates from every clip's outcome, of one seed or of several: 95 % intervals, tests, and Holm's correction.

An array of outcomes is (S, N): S seeds, N clips, all seeds on the same clips. With one seed an interval covers the
choice of clips. With several it covers both: seeds and clips are crossed random factors, the mean's variance comes from
the mean squares of a two-way analysis of variance, and its degrees of freedom from Hillis (2007), whose readers and
cases are a design of the same form. The seeds' mean square is never taken below the residual one; with two or three
seeds it may fall below by chance. So where seeds hardly matter, the interval is too wide rather than too narrow.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np
import pandas as pd
from scipy import stats

from analysis.statistics.estimates import LEVEL, Difference, Estimate, wilson_interval


def aligned(tables: Sequence[pd.DataFrame]) -> list[np.ndarray] | None:
    """Each table of outcomes (clips, seeds) as an array (S, N) of what all have; None where they share nothing."""
    seeds = reduce(pd.Index.intersection, (table.columns for table in tables))
    clips = reduce(pd.Index.intersection, (table.index for table in tables))
    if seeds.empty or clips.empty:
        return None
    return [table.loc[clips, seeds].to_numpy(float).T for table in tables]


def accuracy_over_clips(correct: np.ndarray) -> Estimate:
    """Accuracy in percent from ``correct`` (S, N) of 0 and 1. One seed: Wilson's interval."""
    value, clips = 100 * float(correct.mean()), correct.shape[1]
    if len(correct) == 1 or np.ptp(correct) == 0:
        return Estimate(value, *wilson_interval(round(value * clips / 100), clips))
    half_width = 100 * _half_width(correct)
    return Estimate(value, max(value - half_width, 0.0), min(value + half_width, 100.0))


def paired_difference(correct: np.ndarray, other: np.ndarray) -> Difference:
    """Accuracy of ``correct`` minus that of ``other``, both (S, N) of the same seeds and clips.

    One seed: Bonett and Price's (2012) adjusted Wald interval and McNemar's exact test. Several: the interval over
    seeds and clips, and its t test.
    """
    differences = correct.astype(float) - other
    if len(differences) == 1 or np.ptp(differences) == 0:
        return _difference_of_one_seed(differences[0])
    value = float(differences.mean())
    error, freedom = _standard_error(differences)
    half_width = stats.t.ppf((1 + LEVEL) / 2, freedom) * error
    p_value = 2 * stats.t.sf(abs(value) / error, freedom)
    return Difference(_points(value, value - half_width, value + half_width), float(p_value))


def ratio_over_clips(numerators: np.ndarray, denominators: np.ndarray) -> Estimate:
    """Ratio of two means over the same seeds and clips (S, N), with the linearised (delta method) interval.

    NaN throughout if the denominators' mean is not positive.
    """
    if denominators.mean() <= 0:
        return Estimate(np.nan, np.nan, np.nan)
    ratio = float(numerators.mean() / denominators.mean())
    half_width = _half_width((numerators - ratio * denominators) / denominators.mean())
    return Estimate(ratio, ratio - half_width, ratio + half_width)


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's (1979) adjusted p values: the chance of one false finding among all stays below 5 % where they do.

    A NaN stays NaN and counts as no comparison.
    """
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values)[: np.isfinite(p_values).sum()]
    scaled = p_values[order] * np.arange(len(order), 0, -1)
    adjusted = np.full(len(p_values), np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return adjusted


def _difference_of_one_seed(differences: np.ndarray) -> Difference:
    clips, gains, losses = len(differences), int((differences > 0).sum()), int((differences < 0).sum())
    more, less = (gains + 1) / (clips + 2), (losses + 1) / (clips + 2)
    error = np.sqrt((more + less - (more - less) ** 2) / (clips + 2))
    half_width = stats.norm.ppf((1 + LEVEL) / 2) * error
    p_value = stats.binomtest(gains, gains + losses).pvalue if gains + losses else 1.0
    return Difference(_points(float(differences.mean()), more - less - half_width, more - less + half_width), p_value)


def _points(value: float, low: float, high: float) -> Estimate:
    return Estimate(100 * value, 100 * max(low, -1.0), 100 * min(high, 1.0))


def _half_width(values: np.ndarray) -> float:
    error, freedom = _standard_error(values)
    return float(stats.t.ppf((1 + LEVEL) / 2, freedom) * error)


def _standard_error(values: np.ndarray) -> tuple[float, float]:
    """The standard error of the mean of ``values`` (S, N), and its degrees of freedom."""
    seeds, clips = values.shape
    if seeds == 1:
        return float(values.std(ddof=1) / np.sqrt(clips)), clips - 1
    mean, of_seeds, of_clips = values.mean(), values.mean(axis=1), values.mean(axis=0)
    residuals = values - of_seeds[:, None] - of_clips + mean
    residual = (residuals**2).sum() / ((seeds - 1) * (clips - 1))
    between_seeds = max(clips * of_seeds.var(ddof=1), residual)
    total = between_seeds + max(seeds * of_clips.var(ddof=1) - residual, 0.0)
    freedom = (total / between_seeds) ** 2 * (seeds - 1) if between_seeds else clips - 1
    return float(np.sqrt(total / values.size)), freedom
