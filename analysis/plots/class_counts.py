"""How many frames each class needs, with TSM, with its recomputed statistics, and with the best recovering arm."""

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.classes import class_accuracies, class_names
from analysis.comparison.comparison import Comparison
from analysis.comparison.ranking import recovering_arms
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Tables, heat_map, tables_of, wrapped
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
        f" {ENOUGH:.0%} of its highest accuracy; those that need most are at the top. A class has few clips, so single"
        " cells are uncertain.",
        label="Accuracy of every class at every evaluated frame count, of TSM, re-calibrated TSM and FFN.",
        tables=tables_of(report.judged, lambda comparison: _tables(comparison, report.study.record)),
        draw=_cells,
    )


def _tables(comparison: Comparison, record: dict) -> Tables:
    """class, needs, and the accuracy at each evaluated count under its number; a table per arm."""
    recalibrated = [label for label in comparison.arms if comparison.arm(label)["role"] == RECALIBRATED_TSM]
    arms = dict.fromkeys([comparison.baseline, *recalibrated[:1], *recovering_arms(comparison)[:1]])
    return {arm: _by_count(comparison, arm, record) for arm in arms if arm is not None}


def _by_count(comparison: Comparison, arm: str, record: dict) -> pd.DataFrame:
    columns = {count: class_accuracies(comparison, arm, count) for count in comparison.evaluated_counts(arm)}
    if len(columns) < 2 or any(column is None for column in columns.values()):
        return pd.DataFrame()
    accuracies = pd.DataFrame(columns).fillna(0.0)
    enough = accuracies.ge(ENOUGH * accuracies.max(axis="columns"), axis="index")
    needs = enough.idxmax(axis="columns")  # the first of the counts, which rise
    order = pd.DataFrame({"needs": needs, "lowest": accuracies.iloc[:, 0]}).sort_values(
        ["needs", "lowest"], ascending=[False, True], kind="stable"
    )
    table = accuracies.loc[order.index].rename(columns=str)
    table.insert(0, "class", list(class_names(record, table.index).values()))
    table.insert(1, "needs", order["needs"])
    return table[:SHOWN]


def _cells(table: pd.DataFrame) -> go.Figure:
    rows = [f"{wrapped(name)} (needs {needs})" for name, needs in zip(table["class"], table["needs"])]
    shares = table.drop(columns=["class", "needs"]).set_axis(rows)
    text = [[f"{share:.0f}" for share in row] for row in shares.to_numpy()]
    figure = heat_map(
        shares.round(1), text, xgap=1, ygap=1, hovertemplate="%{y}<br>%{x} frames: %{z:.1f} %<extra></extra>"
    )
    figure.update_yaxes(tickfont_size=12).update_layout(height=130 + 34 * len(table))
    return figure.update_xaxes(title_text="frames (cells: % of the class's clips that are right)")
