"""The report's first screen: plain sentences and key figures, each computed from the tables."""

from dataclasses import dataclass

import numpy as np

from analysis.comparison.comparison import Comparison
from analysis.comparison.ranking import better_variant, described_arms, recovering_arms
from analysis.reading.protocol import Protocol
from analysis.reading.roles import SEPARATED, role_look
from analysis.statistics.estimates import accuracy_estimate
from analysis.wording.formatting import accuracy_phrase, difference_phrase, interval_phrase, number, percent

# A network that keeps less than two thirds of its accuracy has collapsed; the paper's TSM at 4 frames keeps half.
COLLAPSE_SHARE = 2 / 3
HELD = 5
"""How many points the interval of a fall may reach in a network that is said to hold its accuracy."""


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One number of the first screen with its arm, protocol, interval and colour."""

    value: str
    arm: str
    protocol: str
    interval: str
    color: str


def headline(comparison: Comparison, protocol: Protocol) -> str:
    """One sentence: whether the plain network collapsed, which plain arm recovers it best, and a better variant."""
    if comparison.baseline is None or comparison.lowest is None:
        return "The collapse cannot be measured yet."
    high, low = comparison.highest, comparison.lowest
    if not _has_learnt(comparison, protocol):
        return f"{comparison.plain} trained at {high} frames is no better than chance; its collapse cannot be measured."
    verdict = f"{comparison.plain} trained at {high} frames {_collapse_verb(comparison)} at {low}"
    recovering = recovering_arms(comparison)
    if not _falls(comparison) or not recovering:
        return f"{verdict}."
    best = recovering[0]
    recovery = comparison.recovery(best, low)
    if recovery.value <= 0:
        return f"{verdict}; no arm recovers it."
    variant = better_variant(comparison)
    better = f", {variant} {percent(comparison.recovery(variant, low))}" if variant else ""
    return f"{verdict}; {best} makes up {percent(recovery)} of {_shortfall(comparison)}{better}."


def findings(comparison: Comparison, protocol: Protocol) -> list[str]:
    """The collapse of the plain network, then what each arm recovers at the lowest count, in sentences."""
    return [_collapse_sentence(comparison, protocol), *_recovery_sentences(comparison, protocol)]


def key_figures(comparison: Comparison, protocol: Protocol) -> list[KeyFigure]:
    """Baseline at its own and at the lowest count, then the arms that recover best and the reference."""
    if comparison.baseline is None or comparison.lowest is None:
        return []
    low = comparison.lowest
    shown = [(comparison.baseline, comparison.highest), (comparison.baseline, low)]
    shown += [(label, low) for label in described_arms(comparison)]
    reference = comparison.reference(low)
    shown += [reference] if reference not in shown else []
    return [_key_figure(comparison, label, count, protocol) for label, count in shown]


def _collapse_sentence(comparison: Comparison, protocol: Protocol) -> str:
    high, low, label = comparison.highest, comparison.lowest, comparison.baseline
    if label is None:
        trained = f"{comparison.plain} trained at {high} frames" if high else f"Plain {comparison.plain}"
        return f"{trained} has no result on the {protocol.split} split, so the collapse cannot be measured."
    own = f"{comparison.plain} trained at {high} frames reaches {accuracy_phrase(comparison, label, high, protocol)}"
    if low is None:
        return f"{own}. It was evaluated at no lower frame count, so the collapse cannot be measured."
    gap = comparison.gap(label)
    fallen = accuracy_phrase(comparison, label, low, protocol)
    return f"{own} and {fallen}: a TFD gap of {gap.value:.1f} points{interval_phrase(gap)}."


def _recovery_sentences(comparison: Comparison, protocol: Protocol) -> list[str]:
    low = comparison.lowest
    if low is None or not _falls(comparison):
        return []
    reference = _reference_sentence(comparison, protocol)
    if not comparison.falls_short(low, comparison.reference(low)):
        return [reference]
    recovering = recovering_arms(comparison)
    if not recovering:
        return [reference, "No arm of this study that could make it up has been evaluated."]
    described = described_arms(comparison)
    others = [label for label in recovering if label not in described]
    sentences = [_recovery_sentence(comparison, label, protocol) for label in described]
    return [reference, *sentences, *_other_arms(comparison, others)]


def _reference_sentence(comparison: Comparison, protocol: Protocol) -> str:
    """What full recovery is, and how far the baseline is below it: the whole of which recoveries are shares."""
    low = comparison.lowest
    label, count = comparison.reference(low)
    reached = f"{label} reaches {accuracy_phrase(comparison, label, count, protocol)}, which counts as full recovery"
    shortfall = comparison.difference(label, count, comparison.baseline, low)
    if shortfall is None:
        return f"{reached}, but it shares no seed with {comparison.plain}."
    points = f"{number(shortfall.estimate.value, '.1f')} points{interval_phrase(shortfall.estimate)}"
    if not comparison.falls_short(low, (label, count)):
        return f"{reached}: {comparison.plain}'s shortfall from it, {points}, is not established."
    return f"{reached}: {comparison.plain}'s shortfall from it at {protocol.at(low)} is {points}."


def _shortfall(comparison: Comparison) -> str:
    """The words for what the baseline lacks at the lowest count to full recovery; it is no TFD gap."""
    label, count = comparison.reference(comparison.lowest)
    target = f"{comparison.plain} at {count} frames" if label == comparison.baseline else role_look(SEPARATED).label
    return f"the shortfall there from {target}"


def _recovery_sentence(comparison: Comparison, label: str, protocol: Protocol) -> str:
    low, high = comparison.lowest, comparison.highest
    recovery = comparison.recovery(label, low)
    sentence = (
        f"{label} reaches {accuracy_phrase(comparison, label, low, protocol)}, making up"
        f" {percent(recovery)}{interval_phrase(recovery, 100)} of that shortfall"
    )
    beside = comparison.difference(label, high, comparison.baseline, high)
    if not beside:
        return f"{sentence}."
    return f"{sentence}; at {protocol.at(high)} it is {difference_phrase(beside, comparison.plain)}."


def _other_arms(comparison: Comparison, labels: list[str]) -> list[str]:
    if not labels:
        return []
    shares = sorted([comparison.recovery(label, comparison.lowest) for label in labels], key=lambda share: share.value)
    if len(labels) == 1:
        return [f"{labels[0]} makes up {percent(shares[0])} of it."]
    return [f"{len(labels)} further arms make up {percent(shares[0])} to {percent(shares[-1])} of it."]


def _collapse_verb(comparison: Comparison) -> str:
    own = comparison.accuracy(comparison.baseline, comparison.highest)
    low = comparison.accuracy(comparison.baseline, comparison.lowest)
    if not _falls(comparison):
        gap = comparison.gap(comparison.baseline)
        worst = gap.value if np.isnan(gap.high) else gap.high
        return "holds its accuracy" if worst <= HELD else "has no established fall"
    if low.value < COLLAPSE_SHARE * own.value:
        return "collapses"
    return f"loses {own.value - low.value:.1f} points"


def _falls(comparison: Comparison) -> bool:
    return comparison.falls_short(comparison.lowest, (comparison.baseline, comparison.highest))


def _has_learnt(comparison: Comparison, protocol: Protocol) -> bool:
    top1 = comparison.top1_by_seed(comparison.baseline, comparison.highest).mean()
    return accuracy_estimate([top1], protocol.clips).low > protocol.chance


def _key_figure(comparison: Comparison, label: str, count: int, protocol: Protocol) -> KeyFigure:
    estimate = comparison.accuracy(label, count)
    return KeyFigure(
        value=f"{estimate.value:.1f} %",
        arm=label,
        protocol=f"at {protocol.at(count)}",
        interval=interval_phrase(estimate),
        color=role_look(comparison.arm(label)["role"]).color,
    )
