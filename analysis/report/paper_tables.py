"""A study's accuracies in the layout of the paper's tables, beside the published figures where these are comparable."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.reading.arms import with_backbone
from analysis.reading.protocol import clips_of
from analysis.reading.roles import SEPARATED, role_look
from analysis.reading.study_error import StudyError
from analysis.statistics.estimates import Estimate
from analysis.wording.published_comparison import published_of
from analysis.wording.significance import one_or_range, seeds_per_arm
from study.results.published import DATASETS, PAPER, published_results

NUMBERS = tuple(sorted(set(published_results().query("source == 'paper'")["table"]), key=int))
FIRST_DATASET = {"9": "ssv2"}
"""The dataset whose part of a table is laid out for a study of another; the other tables have one dataset."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One accuracy in percent, and the paper's; None where there is none."""

    measured: Estimate | None
    published: float | None = None


@dataclass(frozen=True, kw_only=True)
class AccuracyTable:
    """Top-1 by arm (row) and evaluated frame count (column).

    counts, titles: of the columns, rising. rows: a title and a cell per count each. compared: whether the published
    figures are of the same data and protocol. note: the text below.
    """

    caption: str
    counts: tuple[int, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[str, dict[int, Cell]], ...]
    compared: bool
    note: str


def study_table(report: ReportData) -> AccuracyTable:
    """Every arm of a study at every count. Raises StudyError for a study without evaluations."""
    _require_evaluations(report)
    counts = sorted({count for comparison in report.comparisons for arm in comparison.arms
                     for count in comparison.evaluated_counts(arm)})  # fmt: skip
    rows = [
        (_full_title(report, comparison, label), _measured_cells(report, comparison, label, counts))
        for comparison in report.comparisons
        for label in comparison.arms
    ]
    return _table(report, "All arms", counts, rows)


def paper_table(report: ReportData, number: str) -> AccuracyTable:
    """The paper's table `number` with a study's accuracies; an arm that the study lacks has empty cells.

    A backbone that the paper's table lacks has the rows of the paper's first one, without published figures.

    Raises StudyError for a study without evaluations and for a table that the paper does not have.
    """
    _require_evaluations(report)
    if number not in NUMBERS:
        raise StudyError(f"--table: the paper's tables of accuracies are {', '.join(NUMBERS)}, not {number}")
    layout = _layout(report, number)
    counts = sorted(layout["eval_frames"].unique().tolist())
    keys = ["backbone", "method", "variant", "train_frames", "printed"]
    several = layout["backbone"].nunique() > 1
    rows = [
        (_paper_title(report, dict(zip(keys, key)), several), _paper_cells(report, dict(zip(keys, key)), printed))
        for key, printed in layout.groupby(keys, sort=False)
    ]
    return _table(report, f"The paper's Table {number}", counts, rows)


def _layout(report: ReportData, number: str) -> pd.DataFrame:
    table = published_results()
    table = table[(table["source"] == "paper") & (table["table"] == number)]
    dataset = report.measurement.dataset
    if dataset not in set(table["dataset"]):
        dataset = FIRST_DATASET.get(number, table["dataset"].iloc[0])
    table = table[table["dataset"] == dataset]
    own = [comparison.backbone for comparison in report.comparisons]
    first = table[table["backbone"] == table["backbone"].iloc[0]]
    blocks = [first.assign(backbone=name, top1=np.nan) for name in own if name not in set(table["backbone"])]
    return pd.concat([table, *blocks] if len(blocks) < len(own) else blocks)


def _paper_cells(report: ReportData, row: dict[str, str], printed: pd.DataFrame) -> dict[int, Cell]:
    compared = _is_compared(report, printed["dataset"].iloc[0])
    cells = {}
    for line in printed.itertuples():
        measured = _measured(report, row, line.eval_frames)
        published = line.top1 if compared and not np.isnan(line.top1) else None
        cells[line.eval_frames] = Cell(measured=measured, published=published)
    return cells


def _measured(report: ReportData, row: dict[str, str], count: int) -> Estimate | None:
    comparison = _comparison(report, row)
    label = _matching_arm(comparison, row, count) if comparison else None
    return comparison.accuracy(label, count) if label else None


def _comparison(report: ReportData, row: dict[str, str]) -> Comparison | None:
    """The study's arms of the backbone of a row; None where it has none."""
    return next((found for found in report.comparisons if found.backbone == row["backbone"]), None)


def _matching_arm(comparison: Comparison, row: dict[str, str], count: int) -> str | None:
    """The study's arm in a row of the paper; Separated Training at the highest count is TSM."""
    if row["method"] == SEPARATED:
        return comparison.baseline if count == comparison.highest else comparison.separated(count)
    wanted = (row["method"], row["variant"], row["train_frames"])
    arms = ((label, comparison.arm(label)) for label in comparison.arms)
    return next((label for label, arm in arms if (arm["role"], arm["variant"], arm["train_frames"]) == wanted), None)


def _measured_cells(report: ReportData, comparison: Comparison, label: str, counts: list[int]) -> dict[int, Cell]:
    compared = _is_compared(report, report.measurement.dataset)
    published = published_of(report, comparison, label) if compared else {}
    if comparison.arm(label)["role"] == SEPARATED:
        published = {count: top1 for count, top1 in published.items() if comparison.separated(count) == label}
    return {count: Cell(measured=comparison.accuracy(label, count), published=published.get(count)) for count in counts}


def _is_compared(report: ReportData, dataset: str | None) -> bool:
    return dataset == report.measurement.dataset and report.measurement.disagreement is None


def _table(report: ReportData, title: str, counts: list[int], rows: list) -> AccuracyTable:
    protocol, record = report.protocol, report.study.record
    compared = any(cell.published is not None for _, cells in rows for cell in cells.values())
    reason = report.measurement.disagreement or f"the paper has no such figure on {_data_name(report)}"
    beside = (
        f"Published: {PAPER}, the same data and protocol." if compared else f"Published figures left out: {reason}."
    )
    return AccuracyTable(
        caption=f"{title}: top-1 (%) of the study {record.get('name', report.study.folder.name)} on"
        f" {clips_of(protocol, _data_name(report))}, {protocol.epoch}",
        counts=tuple(counts),
        titles=tuple(map(protocol.at, counts)),
        rows=tuple(rows),
        compared=compared,
        note=" ".join(filter(None, [
            "Columns: frames × clips × crops.", _seeds_and_intervals(report), _nothing(rows, counts, compared), beside
        ])),
    )  # fmt: skip


def _seeds_and_intervals(report: ReportData) -> str:
    """How many seeds the means are over, and what the intervals cover, shorter than `seed_sentence`."""
    fewest, most = seeds_per_arm(report.comparisons)
    if most <= 1:
        return "One seed per arm. Brackets: 95 % intervals over clips alone."
    covered = "seeds alone" if report.comparisons[0].predictions is None else "seeds and clips"
    single = ", of an arm with one seed over clips alone" if fewest <= 1 else ""
    return f"Means over {one_or_range(fewest, most)} seeds per arm. Brackets: 95 % intervals over {covered}{single}."


def _nothing(rows: list, counts: list[int], compared: bool) -> str:
    """What a dash stands for, if there is one."""
    cells = [cells.get(count) for _, cells in rows for count in counts]
    if all(cell and cell.measured and (cell.published is not None or not compared) for cell in cells):
        return ""
    return f"–: not measured in this study{', or not published' if compared else ''}."


def _data_name(report: ReportData) -> str:
    dataset, data = report.measurement.dataset, report.study.record.get("data") or {}
    return DATASETS[dataset][0] if dataset else Path(data.get("root") or "unknown data").name


def _full_title(report: ReportData, comparison: Comparison, label: str) -> str:
    return with_backbone(label, comparison.backbone) if len(report.comparisons) > 1 else label


def _paper_title(report: ReportData, row: dict[str, str], several_backbones: bool) -> str:
    """As the paper prints it, but for the name of a network that is no TSM."""
    comparison = _comparison(report, row)
    method = role_look(row["method"]).label.replace("TSM", comparison.plain if comparison else "TSM")
    printed = "" if row["printed"] == row["train_frames"] else row["printed"]
    title = ", ".join(filter(None, [method, printed]))
    return with_backbone(title, row["backbone"]) if several_backbones else title


def _require_evaluations(report: ReportData) -> None:
    if report.protocol is None:
        raise StudyError(f"{report.lack}: there is nothing to tabulate")
