"""A comparison of studies as Markdown."""

import math

from analysis.comparison.study_comparison import ArmInStudy, StudyComparison, StudyDifference
from analysis.statistics.estimates import Difference, Estimate
from analysis.wording.formatting import interval_phrase, number, p_phrase, pipe_table


def comparison_markdown(comparison: StudyComparison) -> str:
    """What differs, then the accuracies of every arm, then paired differences where the protocol is the same."""
    parts = [
        f"# {' against '.join(comparison.names)}",
        _protocol(comparison),
        _training(comparison),
        _accuracies(comparison),
        _differences(comparison),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _protocol(comparison: StudyComparison) -> str:
    if not comparison.protocol:
        return "The protocols agree: the same clips, split, selection of epochs, clips per video, crops and sizes."
    lines = "\n".join(f"- {line}" for line in comparison.protocol)
    return f"**Not comparable**: the studies measured differently, so no difference is given.\n\n{lines}"


def _training(comparison: StudyComparison) -> str:
    if not comparison.training:
        return ""
    return "Trained differently:\n\n" + "\n".join(f"- {line}" for line in comparison.training)


def _accuracies(comparison: StudyComparison) -> str:
    counts = sorted({count for row in comparison.arms for count in row.accuracies})
    mark = " (other protocol)" if comparison.protocol else ""
    rows = [_accuracy_row(row, counts, mark if row.study != comparison.names[0] else "") for row in comparison.arms]
    header = ["arm", "study", "seeds", *(f"{count} frames" for count in counts)]
    return "Top-1 (%), 95 % intervals in brackets.\n\n" + pipe_table(header, rows)


def _accuracy_row(row: ArmInStudy, counts: list[int], mark: str) -> list[str]:
    return [row.arm, row.study + mark, str(row.seeds), *(_accuracy(row.accuracies.get(count)) for count in counts)]


def _accuracy(estimate: Estimate | None) -> str:
    return f"{estimate.value:.2f}{interval_phrase(estimate)}" if estimate else "–"


def _differences(comparison: StudyComparison) -> str:
    if not comparison.differences:
        return ""
    counts = sorted({count for row in comparison.differences for count in row.differences})
    rows = [_difference_row(row, counts) for row in comparison.differences]
    header = ["arm", "difference", "seeds", *(f"{count} frames" for count in counts)]
    return "Differences on the same clips and seeds (points), p values after Holm's correction.\n\n" + pipe_table(
        header, rows
    )


def _difference_row(row: StudyDifference, counts: list[int]) -> list[str]:
    return [
        row.arm,
        f"{row.study} minus {row.other}",
        str(row.seeds),
        *(_difference(row.differences.get(count)) for count in counts),
    ]


def _difference(difference: Difference | None) -> str:
    if difference is None:
        return "–"
    if difference.identical:
        return "identical"
    test = "" if math.isnan(difference.p_value) else f", {p_phrase(difference.p_value)}"
    return f"{number(difference.estimate.value, '+.1f')}{interval_phrase(difference.estimate)}{test}"
