"""How many frames each class needs, with TSM, with its recomputed statistics, and with the best plain arm."""

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.classes import class_names, class_table
from analysis.comparison.comparison import Comparison
from analysis.comparison.ranking import recovering_arms
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Tables, class_cells, tables_of, wrapped
from analysis.reading.roles import RECALIBRATED_TSM

SHOWN = 30
"""Classes of one view: more cannot be read."""
ENOUGH = 0.9
"""The share of a class's highest accuracy at which it has the frames that it needs."""


def class_counts_plot(report: ReportData) -> Plot:
    """Top-1 of each class at each evaluated count, a view for each arm."""
    return Plot(
        name="class-counts",
        title="How many frames each class needs",
        choice="of",
        reading=f"One row is one class, one column a frame count. A class needs the fewest frames at which it has"
        f" {ENOUGH:.0%} of its highest accuracy; those that need most are at the top, and of more than {SHOWN} classes"
        " only they are shown. A class has few clips, so single cells are uncertain.",
        label=f"Accuracy of every class at every evaluated count, of {report.plain}, re-calibrated or not, and of the"
        " best arm.",
        tables=tables_of(report.judged, lambda comparison: _tables(comparison, report.study.record)),
        draw=_cells,
    )


def _tables(comparison: Comparison, record: dict) -> Tables:
    """class, needs, and the accuracy at each evaluated count under its number; a table per arm."""
    recalibrated = [label for label in comparison.arms if comparison.arm(label)["role"] == RECALIBRATED_TSM]
    arms = dict.fromkeys([comparison.baseline, *recalibrated[:1], *recovering_arms(comparison)[:1]])
    return {arm: _by_count(comparison, arm, record) for arm in arms if arm is not None}


def _by_count(comparison: Comparison, arm: str, record: dict) -> pd.DataFrame:
    accuracies = class_table(comparison, [(arm, count) for count in comparison.evaluated_counts(arm)])
    if accuracies.shape[1] < 2:
        return pd.DataFrame()
    accuracies = accuracies[arm]
    highest = accuracies.max(axis="columns")
    enough = accuracies.ge(ENOUGH * highest, axis="index")
    needs = enough.idxmax(axis="columns").where(highest > 0)  # the first of the counts, which rise
    lowest = accuracies.iloc[:, 0]
    order = pd.DataFrame({"needs": needs, "lowest": lowest}).sort_values(
        ["needs", "lowest"], ascending=[False, True], kind="stable", na_position="first"
    )
    table = accuracies.loc[order.index].rename(columns=str)
    table.insert(0, "class", list(class_names(record, table.index).values()))
    table.insert(1, "needs", order["needs"])
    return table[:SHOWN]


def _cells(table: pd.DataFrame) -> go.Figure:
    rows = [f"{wrapped(name)} ({_needs(count)})" for name, count in zip(table["class"], table["needs"])]
    shares = table.drop(columns=["class", "needs"]).set_axis(rows)
    text = [[f"{share:.0f}" for share in row] for row in shares.to_numpy()]
    figure = class_cells(shares.round(1), text, hovertemplate="%{y}<br>%{x} frames: %{z:.1f} %<extra></extra>")
    return figure.update_xaxes(title_text="frames (cells: % of the class's clips that are right)")


def _needs(count: float) -> str:
    return "never right" if pd.isna(count) else f"needs {count:.0f}"
