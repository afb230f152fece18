"""Differences between arms on the same clips, and which of them are established."""

from dataclasses import dataclass
from functools import lru_cache

from analysis.comparison.comparison import BACKBONES, Comparison, Point
from analysis.reading.roles import SEPARATED, role_look
from analysis.statistics.clip_statistics import holm
from analysis.statistics.estimates import Difference

OTHERS = 8
"""How many arms the report offers to compare with."""
SIGNIFICANCE = 0.05


@dataclass(frozen=True, kw_only=True)
class ArmDifference:
    """``arm`` minus ``other`` at ``count`` frames. adjusted: the p value after Holm's correction (NaN: no test)."""

    arm: str
    other: str
    count: int
    difference: Difference
    adjusted: float

    @property
    def established(self) -> bool:
        """Whether the corrected test finds it."""
        return self.adjusted < SIGNIFICANCE


def difference_counts(comparison: Comparison) -> list[int]:
    """The counts at which arms are compared: those that some arm trains, and the highest, rising."""
    if comparison.baseline is None:
        return []
    return [*(comparison.recovery_counts() or comparison.counts_below_highest()[:1]), comparison.highest]


@lru_cache(maxsize=BACKBONES)
def differences(comparison: Comparison) -> dict[str, list[ArmDifference]]:
    """Every arm minus one other, by the other's name: Separated Training at each count first, also each of its
    variants, then TSM, then the rest.

    Holm's correction runs over all comparisons with the same other.
    """
    found = {name: _against(comparison, name, points) for name, points in _others(comparison).items()}
    return {name: rows for name, rows in found.items() if rows}


def _others(comparison: Comparison) -> dict[str, dict[int, Point]]:
    counts = difference_counts(comparison)
    separated = {
        ", ".join(filter(None, [role_look(SEPARATED).label, variant])): _separated(comparison, counts, variant)
        for variant in _separated_variants(comparison)
    }
    joint = [label for label in comparison.arms if comparison.arm(label)["role"] != SEPARATED][:OTHERS]
    others = {label: {count: (label, count) for count in counts} for label in joint}
    return {name: points for name, points in (separated | others).items() if points}


def _separated_variants(comparison: Comparison) -> list[str]:
    rows = comparison.rows
    return sorted(rows.loc[rows["role"] == SEPARATED, "variant"].unique())


def _separated(comparison: Comparison, counts: list[int], variant: str) -> dict[int, Point]:
    arms = {count: comparison.separated(count, variant) for count in counts}
    return {count: (arm, count) for count, arm in arms.items() if arm}


def _against(comparison: Comparison, name: str, points: dict[int, Point]) -> list[ArmDifference]:
    arms = [label for label in comparison.arms if comparison.arm(label)["role"] != SEPARATED and label != name]
    found = [
        (arm, count, difference)
        for arm in arms
        for count, point in points.items()
        if (difference := comparison.difference(arm, count, *point)) is not None
    ]
    adjusted = holm([difference.p_value for *_, difference in found])
    return [
        ArmDifference(arm=arm, other=name, count=count, difference=difference, adjusted=float(value))
        for (arm, count, difference), value in zip(found, adjusted)
    ]
