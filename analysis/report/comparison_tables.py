"""The report's tables of gaps, recoveries, differences, and last against best epoch."""

from dataclasses import dataclass

import pandas as pd

from analysis.comparison.comparison import Comparison
from analysis.comparison.differences import ArmDifference, differences
from analysis.comparison.report_data import ReportData
from analysis.reading.arms import order_arms
from analysis.reading.protocol import Protocol
from analysis.reading.roles import SEPARATED, role_look
from analysis.report.result_tables import Table, as_text
from analysis.statistics.estimates import Estimate
from analysis.wording.formatting import interval_phrase, number, p_phrase


@dataclass(frozen=True, kw_only=True)
class RecoveryRow:
    """One arm of the recovery table: accuracies by count in percent, gap in points, recoveries by count as shares."""

    arm: str
    color: str
    learning_rate: str
    seeds: int
    accuracies: dict[int, Estimate | None]
    gap: Estimate | None
    recoveries: dict[int, Estimate | None]


def recovery_rows(comparison: Comparison) -> list[RecoveryRow]:
    """One row per arm at its chosen learning rate, in the report's order; none where TSM cannot be judged."""
    if comparison.lowest is None:
        return []
    return [_recovery_row(comparison, label) for label in comparison.arms]


def difference_tables(comparison: Comparison, protocol: Protocol) -> dict[str, Table]:
    """Per other arm, every arm's paired difference from it: a row per arm, three columns per frame count."""
    return {f"minus {other}": _difference_table(rows, protocol) for other, rows in differences(comparison).items()}


def selection_table(report: ReportData) -> Table | None:
    """Top-1 of the last and of the best epoch of the chosen settings, mean over seeds; None without both."""
    evaluations, split = report.results.evaluations, report.results.split
    chosen = evaluations.loc[evaluations["chosen"], "trial"]
    shown = [label for comparison in report.comparisons for label in comparison.arms]
    rows = evaluations[evaluations["trial"].isin(chosen) & (evaluations["split"] == split)]
    rows = rows[rows["arm"].isin(shown)]
    means = rows.pivot_table(index=["arm", "selection"], columns="eval_frames", values="top1", aggfunc="mean")
    both = means.groupby(level="arm").filter(lambda group: len(group) == 2)
    if both.empty:
        return None
    order = [label for label in order_arms(rows) if label in both.index.get_level_values("arm")]
    cells = [
        (arm, selection, *("" if pd.isna(value) else f"{value:.2f}" for value in both.loc[(arm, selection)]))
        for arm in order
        for selection in ("last", "best")
    ]
    return Table(
        header=("arm", "epoch", *(report.protocol.at(int(count)) for count in both.columns)), rows=tuple(cells)
    )


def _recovery_row(comparison: Comparison, label: str) -> RecoveryRow:
    arm = comparison.arm(label)
    counts = comparison.recovery_counts() or [comparison.lowest]
    shown = [*counts, comparison.highest]
    can_recover = arm["role"] not in ("tsm", SEPARATED)
    return RecoveryRow(
        arm=label,
        color=role_look(arm["role"]).color,
        learning_rate=as_text(arm["lr"]),
        seeds=int(comparison.arm_rows(label)["seed"].nunique()),
        accuracies={count: comparison.accuracy(label, count) for count in shown},
        gap=comparison.gap(label),
        recoveries={count: comparison.recovery(label, count) if can_recover else None for count in counts},
    )


def _difference_table(rows: list[ArmDifference], protocol: Protocol) -> Table:
    counts = sorted({row.count for row in rows})
    found = {(row.arm, row.count): row for row in rows}
    header = ["arm"]
    for count in counts:
        header += [f"points at {protocol.at(count)}", "after Holm"]
    cells = [
        (arm, *(cell for count in counts for cell in _difference_cells(found.get((arm, count)))))
        for arm in dict.fromkeys(row.arm for row in rows)
    ]
    return Table(header=tuple(header), rows=tuple(cells))


def _difference_cells(row: ArmDifference | None) -> tuple[str, str]:
    if row is None:
        return "", ""
    if row.difference.identical:
        return "identical", ""
    estimate = row.difference.estimate
    tested = row.adjusted == row.adjusted
    mark = " ✓" if row.established else ""
    return (
        f"{number(estimate.value, '+.1f')}{interval_phrase(estimate)}",
        f"{p_phrase(row.adjusted)}{mark}" if tested else "",
    )
