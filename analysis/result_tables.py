"""The report's tables as plain rows for the page's template."""

from dataclasses import dataclass

import pandas as pd

from analysis.arms import SEPARATED, order_arms, role_look
from analysis.comparison import Comparison
from analysis.protocol import Protocol
from analysis.selection import Results
from analysis.statistics import Estimate
from analysis.tables import Study

METRICS = {
    "top-1 (%)": ("top1", "{:.2f}"),
    "top-5 (%)": ("top5", "{:.2f}"),
    "loss": ("loss", "{:.3f}"),
    "multiply-adds per clip (billions)": ("gmacs_per_clip", "{:.3g}"),
}
RESULT_COLUMNS = {
    "arm": "arm",
    "lr": "learning rate",
    "seed": "seed",
    "split": "split",
    "selection": "selection",
    "epoch": "epoch",
}
TRIAL_COLUMNS = {
    "trial": "trial",
    "status": "status",
    "epochs_done": "epochs done",
    "best_epoch": "best epoch",
    "seconds": "seconds",
    "peak_memory_mb": "peak memory (MB)",
    "parameters": "parameters",
    "reason": "reason",
}


@dataclass(frozen=True, kw_only=True)
class Table:
    """Texts ready to show. header: column titles; rows: one tuple of texts per row; numeric: per column."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def numeric(self) -> tuple[bool, ...]:
        return tuple(all(map(_is_number, column)) for column in zip(*self.rows))


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


def result_tables(results: Results, protocol: Protocol) -> dict[str, Table]:
    """All of evaluations.csv, one table per metric: a row per trial, split and selection, a column per frame count."""
    rows = results.evaluations
    order = {arm: position for position, arm in enumerate(order_arms(rows))}
    ordered = rows.assign(order=rows["arm"].map(order)).sort_values(
        ["order", "lr", "seed", "split", "selection"], ascending=[True, True, True, True, False]
    )
    return {
        title: _result_table(ordered, metric, digits, protocol)
        for title, (metric, digits) in METRICS.items()
        if rows[metric].notna().any()
    }


def trial_table(study: Study) -> Table:
    """Every trial with its status and cost."""
    rows = study.trials[list(TRIAL_COLUMNS)].itertuples(index=False)
    return Table(header=tuple(TRIAL_COLUMNS.values()), rows=tuple(tuple(map(_text, row)) for row in rows))


def _recovery_row(comparison: Comparison, label: str) -> RecoveryRow:
    arm = comparison.arm(label)
    counts = comparison.recovery_counts() or [comparison.lowest]
    shown = [*counts, comparison.highest]
    can_recover = arm["role"] not in ("tsm", SEPARATED)
    return RecoveryRow(
        arm=label,
        color=role_look(arm["role"]).color,
        learning_rate=_text(arm["lr"]),
        seeds=int(comparison.arm_rows(label)["seed"].nunique()),
        accuracies={count: comparison.accuracy(label, count) for count in shown},
        gap=comparison.gap(label),
        recoveries={count: comparison.recovery(label, count) if can_recover else None for count in counts},
    )


def _result_table(ordered: pd.DataFrame, metric: str, digits: str, protocol: Protocol) -> Table:
    counts = sorted(ordered["eval_frames"].astype(int).unique())
    rows = []
    for _, group in ordered.groupby(["order", "trial", "split", "selection"], sort=False):
        by_count = group.set_index("eval_frames")[metric]
        cells = ["" if pd.isna(value) else digits.format(value) for value in by_count.reindex(counts)]
        first = group.iloc[0]
        rows.append((*(_text(first[name]) for name in RESULT_COLUMNS), *cells, first["trial"]))
    header = (*RESULT_COLUMNS.values(), *(protocol.at(count) for count in counts), "trial")
    return Table(header=header, rows=tuple(rows))


def _is_number(text: str) -> bool:
    return not text or text.lstrip("-")[:1].isdigit()


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{value:.10g}"
