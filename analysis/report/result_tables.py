"""The report's tables of trials, evaluations and benchmarks, as rows of text for the page's template."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.comparison.report_data import ReportData
from analysis.reading.arms import order_arms
from analysis.reading.benchmarks import Benchmarks, number
from analysis.reading.protocol import Protocol
from analysis.reading.tables import Study

METRICS = {
    "top-1 (%)": ("top1", "{:.2f}".format),
    "top-5 (%)": ("top5", "{:.2f}".format),
    "loss": ("loss", "{:.3f}".format),
    "multiply-adds per clip (billions)": ("gmacs_per_clip", number),
}
RESULT_COLUMNS = {
    "arm": "arm",
    "lr": "learning rate",
    "setting": "setting",
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
SHOWN_TRIALS = 150
"""Trials in the report's tables; the study's own tables hold all."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Texts ready to show. header: column titles; rows: one tuple of texts per row; numeric: per column."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def numeric(self) -> tuple[bool, ...]:
        return tuple(all(map(_is_number, column)) for column in zip(*self.rows))


def listed_trials(report: ReportData) -> list[str]:
    """The trials in the report's tables: all, or of very many the chosen, the unfinished, and the best validated."""
    trials, evaluations = report.study.trials, report.results.evaluations
    names = pd.concat([trials["trial"], evaluations["trial"]]).drop_duplicates()
    if len(names) <= SHOWN_TRIALS:
        return names.tolist()
    chosen = evaluations.loc[evaluations["chosen"], "trial"].unique()
    unfinished = trials.loc[~trials["status"].isin(["finished", "stopped"]), "trial"]
    best = report.results.validation_scores.sort_values(ascending=False).index
    ranked = [*chosen[: SHOWN_TRIALS // 2], *unfinished[: SHOWN_TRIALS // 4], *best, *names]
    return list(dict.fromkeys(ranked))[:SHOWN_TRIALS]


def result_tables(report: ReportData, trials: list[str]) -> dict[str, Table]:
    """evaluations.csv of `trials`, a table per metric: rows by trial, split and selection, columns by frame count."""
    rows = report.results.evaluations
    rows = rows[rows["trial"].isin(trials)]
    order = {arm: position for position, arm in enumerate(order_arms(rows))}
    ordered = rows.assign(order=rows["arm"].map(order)).sort_values(
        ["order", "lr", "setting", "seed", "split", "selection"], ascending=[True, True, True, True, True, False]
    )
    return {
        title: _result_table(ordered, metric, written, report.protocol)
        for title, (metric, written) in METRICS.items()
        if rows[metric].notna().any()
    }


def trial_table(report: ReportData, trials: list[str]) -> Table:
    """Every one of `trials` with its status and cost."""
    shown = report.study.trials[report.study.trials["trial"].isin(trials)]
    rows = shown[list(TRIAL_COLUMNS)].itertuples(index=False)
    return Table(header=tuple(TRIAL_COLUMNS.values()), rows=tuple(tuple(map(as_text, row)) for row in rows))


def trained_on(study: Study) -> dict[str, int]:
    """The machines of the trials that have ended, with their numbers of trials, most first."""
    machines = study.trials["machine"]
    return machines[machines != ""].value_counts().to_dict()


def benchmark_table(benchmarks: Benchmarks) -> Table:
    """Every measurement of the benchmarks."""
    header = ("benchmark", "variant", "value", "unit", "over the baseline", "floor")
    rows = (
        (row.benchmark, row.variant, number(row.value), row.unit, number(row.ratio), number(row.floor))
        for row in benchmarks.measurements.itertuples()
    )
    return Table(header=header, rows=tuple(rows))


def as_text(value: object) -> str:
    """A cell's text: numbers without needless digits, nothing for what is missing."""
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{value:.10g}"


def _result_table(ordered: pd.DataFrame, metric: str, written: Callable[[float], str], protocol: Protocol) -> Table:
    counts = sorted(ordered["eval_frames"].astype(int).unique())
    columns = {
        name: title for name, title in RESULT_COLUMNS.items() if name != "setting" or (ordered[name] != "").any()
    }
    rows = []
    for _, group in ordered.groupby(["order", "trial", "split", "selection"], sort=False):
        by_count = group.set_index("eval_frames")[metric]
        cells = ["" if pd.isna(value) else written(value) for value in by_count.reindex(counts)]
        first = group.iloc[0]
        rows.append((*(as_text(first[name]) for name in columns), *cells, first["trial"]))
    header = (*columns.values(), *(protocol.at(count) for count in counts), "trial")
    return Table(header=header, rows=tuple(rows))


def _is_number(text: str) -> bool:
    return not text or text.lstrip("-")[:1].isdigit()
