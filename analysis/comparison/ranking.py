"""The arms that recover the collapsed accuracy, the best first."""

from functools import lru_cache

from analysis.comparison.comparison import BACKBONES, Comparison
from analysis.reading.roles import SEPARATED


@lru_cache(maxsize=BACKBONES)
def recovering_arms(comparison: Comparison) -> list[str]:
    """Arms other than plain TSM with a recovery at the lowest count: plain methods before variants, best first.

    Best is the highest mean accuracy at the lowest and the highest count: an arm that trades one for the other, as
    fine-tuning does, recovers nothing for a user of both. A method that has no plain arm counts as plain.
    """
    if comparison.lowest is None:
        return []
    candidates = [
        label
        for label in comparison.arms
        if comparison.arm(label)["role"] not in ("tsm", SEPARATED) and comparison.recovery(label, comparison.lowest)
    ]
    return sorted(candidates, key=lambda label: (is_variant(comparison, label), -_mean_at_both_ends(comparison, label)))


def better_variant(comparison: Comparison) -> str | None:
    """The best variant, if it is better than the best plain arm."""
    recovering = recovering_arms(comparison)
    variants = [label for label in recovering if is_variant(comparison, label)]
    if not variants or _mean_at_both_ends(comparison, variants[0]) <= _mean_at_both_ends(comparison, recovering[0]):
        return None
    return variants[0]


def described_arms(comparison: Comparison) -> list[str]:
    """The best plain arm, and a better variant or the next arm: two at most."""
    best, variant = recovering_arms(comparison)[:2], better_variant(comparison)
    return [best[0], variant] if variant else best


def is_variant(comparison: Comparison, label: str) -> bool:
    """Whether an arm varies a plain arm of the same method that the comparison has too."""
    arm = comparison.arm(label)
    plain = comparison.rows[(comparison.rows["role"] == arm["role"]) & (comparison.rows["variant"] == "")]
    return arm["variant"] != "" and not plain.empty


def _mean_at_both_ends(comparison: Comparison, label: str) -> float:
    estimates = [comparison.accuracy(label, count) for count in (comparison.lowest, comparison.highest)]
    found = [estimate.value for estimate in estimates if estimate]
    return sum(found) / len(found)
