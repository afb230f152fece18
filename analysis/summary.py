"""The report's first screen: plain sentences and key figures, each computed from the tables."""

from dataclasses import dataclass

import numpy as np

from analysis.arms import SEPARATED, role_look
from analysis.comparison import Comparison
from analysis.protocol import Protocol
from analysis.statistics import Estimate

# A network that keeps less than two thirds of its accuracy has collapsed; the paper's TSM at 4 frames keeps half.
COLLAPSE_SHARE = 2 / 3


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One number of the first screen: of which arm, under which protocol, with which interval, in its arm's colour."""

    value: str
    arm: str
    protocol: str
    interval: str
    color: str


def headline(comparison: Comparison, protocol: Protocol) -> str:
    """One sentence: did TSM collapse, and what recovered it best."""
    if comparison.baseline is None or comparison.lowest is None:
        return "The collapse cannot be judged yet."
    high, low = comparison.highest, comparison.lowest
    if not _has_learnt(comparison, protocol):
        return f"TSM trained at {high} frames is no better than chance; its collapse cannot be judged."
    verdict = f"TSM trained at {high} frames {_collapse_verb(comparison)} at {low}"
    recovering = _recovering_arms(comparison)
    if not _falls(comparison) or not recovering:
        return f"{verdict}."
    best = recovering[0]
    recovery = comparison.recovery(best, low)
    if recovery.value <= 0:
        return f"{verdict}; no arm recovers it."
    return f"{verdict}; {best} closes {_percent(recovery)} of the gap."


def findings(comparison: Comparison, protocol: Protocol) -> list[str]:
    """The collapse of TSM, then what each arm recovers at the lowest count, in sentences."""
    return [_collapse_sentence(comparison, protocol), *_recovery_sentences(comparison, protocol)]


def key_figures(comparison: Comparison, protocol: Protocol) -> list[KeyFigure]:
    """Baseline at its own and at the lowest count, then the reference and the plain arms that recover best."""
    if comparison.baseline is None or comparison.lowest is None:
        return []
    low = comparison.lowest
    shown = [(comparison.baseline, comparison.highest), (comparison.baseline, low)]
    shown += [(label, low) for label in _recovering_arms(comparison)[:2]]
    reference = comparison.reference(low)
    shown += [reference] if reference not in shown else []
    return [_key_figure(comparison, label, count, protocol) for label, count in shown]


def seed_sentence(comparison: Comparison, protocol: Protocol) -> str:
    """What the intervals cover, and what they cannot."""
    per_arm = comparison.rows.groupby("arm")["seed"].nunique()
    if per_arm.max() <= 1:
        return (
            f"One seed per arm: intervals cover the choice of {protocol.split} clips only. One seed cannot tell how"
            " far another initialisation or order of clips would move these numbers, so differences of a few points"
            " between arms are not established."
        )
    seeds = f"{per_arm.min()}" if per_arm.min() == per_arm.max() else f"{per_arm.min()} to {per_arm.max()}"
    single = " An arm with one seed has an interval over clips instead." if per_arm.min() == 1 else ""
    return (
        f"{seeds} seeds per arm: numbers are means, intervals are 95 % Student's t intervals over seeds.{single}"
        f" All seeds share the same {protocol.split} clips, so the intervals do not cover the choice of clips."
    )


def _collapse_sentence(comparison: Comparison, protocol: Protocol) -> str:
    high, low, label = comparison.highest, comparison.lowest, comparison.baseline
    if label is None:
        trained = f"TSM trained at {high} frames" if high else "Plain TSM"
        return f"{trained} has no result on the {protocol.split} split, so the collapse cannot be judged."
    own = f"TSM trained at {high} frames reaches {_accuracy(comparison, label, high, protocol)}"
    if low is None:
        return f"{own}. It was evaluated at no lower frame count, so the collapse cannot be judged."
    gap = comparison.gap(label)
    return (
        f"{own} and {_accuracy(comparison, label, low, protocol)}: a TFD gap of {gap.value:.1f} points{_interval(gap)}."
    )


def _recovery_sentences(comparison: Comparison, protocol: Protocol) -> list[str]:
    low = comparison.lowest
    if low is None or not _falls(comparison):
        return []
    label, count = comparison.reference(low)
    reference = f"{label} reaches {_accuracy(comparison, label, count, protocol)}, which counts as full recovery."
    recovering = _recovering_arms(comparison)
    if not recovering:
        return [reference, "No arm of this study that could recover the gap has been evaluated."]
    return [reference, *(_recovery_sentence(comparison, label, protocol) for label in recovering)]


def _recovery_sentence(comparison: Comparison, label: str, protocol: Protocol) -> str:
    low, high = comparison.lowest, comparison.highest
    recovery = comparison.recovery(label, low)
    sentence = (
        f"{label} reaches {_accuracy(comparison, label, low, protocol)}, closing"
        f" {_percent(recovery)}{_interval(recovery, 100)} of the gap"
    )
    own = comparison.top1_by_seed(label, high) - comparison.top1_by_seed(comparison.baseline, high)
    if own.dropna().empty:
        return f"{sentence}."
    return f"{sentence}; at {protocol.at(high)} it {_beside_tsm(own.mean())}."


def _beside_tsm(difference: float) -> str:
    if abs(difference) < 0.05:
        return "equals TSM"
    return f"stands {abs(difference):.1f} points {'above' if difference > 0 else 'below'} TSM"


def _recovering_arms(comparison: Comparison) -> list[str]:
    """Arms other than plain TSM with a recovery at the lowest count: plain methods before variants, best first.

    Best is the mean accuracy at the lowest and the highest count: an arm that gives the one up for the other, as
    fine-tuning does, recovers nothing for a user of both.
    """
    candidates = [
        label
        for label in comparison.arms
        if comparison.arm(label)["role"] not in ("tsm", SEPARATED) and comparison.recovery(label, comparison.lowest)
    ]
    return sorted(
        candidates,
        key=lambda label: (
            comparison.arm(label)["variant"] != "",
            -_mean_at_both_ends(comparison, label),
        ),
    )


def _mean_at_both_ends(comparison: Comparison, label: str) -> float:
    estimates = [comparison.accuracy(label, count) for count in (comparison.lowest, comparison.highest)]
    found = [estimate.value for estimate in estimates if estimate]
    return sum(found) / len(found)


def _collapse_verb(comparison: Comparison) -> str:
    own = comparison.accuracy(comparison.baseline, comparison.highest)
    low = comparison.accuracy(comparison.baseline, comparison.lowest)
    if low.value < COLLAPSE_SHARE * own.value:
        return "collapses"
    return f"loses {own.value - low.value:.1f} points" if _falls(comparison) else "holds its accuracy"


def _falls(comparison: Comparison) -> bool:
    return comparison.falls_short(comparison.lowest, (comparison.baseline, comparison.highest))


def _has_learnt(comparison: Comparison, protocol: Protocol) -> bool:
    return comparison.accuracy(comparison.baseline, comparison.highest).low > protocol.chance


def _key_figure(comparison: Comparison, label: str, count: int, protocol: Protocol) -> KeyFigure:
    estimate = comparison.accuracy(label, count)
    return KeyFigure(
        value=f"{estimate.value:.1f} %",
        arm=label,
        protocol=f"at {protocol.at(count)}",
        interval=_interval(estimate),
        color=role_look(comparison.arm(label)["role"]).color,
    )


def _accuracy(comparison: Comparison, label: str, count: int, protocol: Protocol) -> str:
    estimate = comparison.accuracy(label, count)
    return f"{estimate.value:.1f} %{_interval(estimate)} at {protocol.at(count)}"


def _interval(estimate: Estimate, scale: float = 1) -> str:
    if np.isnan(estimate.low):
        return ""
    digits = ".0f" if scale == 100 else ".1f"
    return f" ({_number(scale * estimate.low, digits)} to {_number(scale * estimate.high, digits)})"


def _number(value: float, digits: str) -> str:
    return f"{value:{digits}}".replace("-", "−")


def _percent(recovery: Estimate) -> str:
    return f"{100 * recovery.value:.0f} %"
