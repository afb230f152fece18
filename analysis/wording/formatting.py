"""Numbers as the report writes them: with intervals, signs and p values; Markdown tables."""

import numpy as np

from analysis.comparison.comparison import Comparison
from analysis.reading.protocol import Protocol
from analysis.statistics.estimates import Difference, Estimate


def accuracy_phrase(comparison: Comparison, label: str, count: int, protocol: Protocol) -> str:
    """42.3 % (39.1 to 45.6) at 4×1×1."""
    estimate = comparison.accuracy(label, count)
    return f"{estimate.value:.1f} %{interval_phrase(estimate)} at {protocol.at(count)}"


def interval_phrase(estimate: Estimate, scale: float = 1) -> str:
    """The interval in brackets, whole numbers for percentages of a share; nothing where it is unknown."""
    if np.isnan(estimate.low):
        return ""
    digits = ".0f" if scale == 100 else ".1f"
    return f" ({number(scale * estimate.low, digits)} to {number(scale * estimate.high, digits)})"


def difference_phrase(difference: Difference, other: str) -> str:
    """1.1 points (0.2 to 2.0) below TSM; the interval runs in the direction of the words."""
    if difference.identical:
        return f"identical to {other}"
    value, low, high = difference.estimate
    if abs(value) < 0.05:
        return f"equal to {other}{interval_phrase(difference.estimate)}"
    if value > 0:
        return f"{value:.1f} points{interval_phrase(difference.estimate)} above {other}"
    return f"{-value:.1f} points{interval_phrase(Estimate(-value, -high, -low))} below {other}"


def p_phrase(p_value: float) -> str:
    """p = 0.03, p < 0.001."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def percent(share: Estimate) -> str:
    """0.86 -> 86 %."""
    return f"{number(100 * share.value, '.0f')} %"


def number(value: float, digits: str) -> str:
    """A number with a true minus sign."""
    return f"{value:{digits}}".replace("-", "−")


def pipe_table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, without a line break at its end."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |" for cells in lines)
