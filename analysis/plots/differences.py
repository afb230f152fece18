"""Paired differences in accuracy: between arms, and of a network between frame counts."""

from collections.abc import Mapping
from functools import partial

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.differences import ArmDifference, difference_counts, differences
from analysis.comparison.report_data import ReportData
from analysis.plots.style import INK, Plot, Tables, category_rows, curves, hover, styled, tables_of
from analysis.reading.roles import RECALIBRATED_TSM, SEPARATED, Look, role_look
from analysis.reading.tables import trained_counts

TICKS = {1 / 8: "⅛", 1 / 4: "¼", 1 / 2: "½", 3 / 4: "¾", 1: "1", 1.5: "1½", 2: "2", 3: "3", 4: "4", 6: "6", 8: "8"}
ROLES = ("tsm", RECALIBRATED_TSM, SEPARATED, "ffn")
"""Networks that serve a count by their nearest trained one; the others blend the counts they train."""
OF_BACKBONES = {"tsm": "as trained", RECALIBRATED_TSM: "re-calibrated", "ffn": "FFN"}
"""What every backbone is shown as, and its name in the legend."""
NUMBERS = ["points", "low", "high", "p", "established"]
MARKER_HEIGHT = 16  # pixels


def differences_plot(report: ReportData) -> Plot:
    """Every arm minus Separated Training and minus TSM at one count, with paired intervals."""
    return Plot(
        name="differences",
        title="Which differences are established",
        choice="evaluated at",
        reading="Right of the line an arm is better, left worse, on the same clips: diamonds against Separated"
        f" Training, circles against {report.plain}. Bars are 95 % intervals. A filled marker is established: p < 0.05"
        " after Holm's correction over all comparisons with the same reference.",
        label="Paired differences in top-1 with intervals; the table below holds their numbers.",
        tables=tables_of(report.judged, _differences),
        draw=partial(
            _markers,
            rows="arm",
            of="against",
            looks=_looks_of_others(report),
            axis="top-1 minus that of the reference (points)",
        ),
    )


def backbones_plot(report: ReportData) -> Plot:
    """Of several backbones: how far each is below Separated Training, as it was trained, re-calibrated, and as FFN."""
    return Plot(
        name="backbones",
        title="Which backbones have the deviation",
        choice="evaluated at",
        reading="Left of the line a network is worse than one of the same backbone that was trained at this count, on"
        " the same clips: that is its deviation, and how much of it is left after a repair. Bars are 95 % intervals. A"
        " filled marker is established: p < 0.05 after Holm's correction over its backbone's differences.",
        label="Top-1 minus that of Separated Training, for each backbone as trained, re-calibrated, and as FFN.",
        tables=_of_backbones(report),
        draw=partial(
            _markers,
            rows="backbone",
            of="network",
            looks={name: role_look(role) for role, name in OF_BACKBONES.items()},
            axis=f"top-1 minus that of {role_look(SEPARATED).label} (points)",
        ),
    )


def distance_plot(report: ReportData) -> Plot:
    """Nearby Alleviation: top-1 against that at the nearest trained count, over the ratio of the two counts."""
    return Plot(
        name="distance",
        title="Distance from the nearest trained frame count",
        choice="backbone",
        reading="Each point is a network at one frame count against the same network at its nearest trained count; at"
        " the ratio 1 the two are one, and the loss is 0. The paper's Nearby Alleviation is a loss that is small near"
        " there, where the counts are alike, and grows to the sides. Bars are paired 95 % intervals.",
        label="Change of top-1 accuracy over the ratio of evaluated to nearest trained frame count, per arm.",
        tables=tables_of(report.comparisons, lambda comparison: {"": _distances(comparison)}),
        draw=partial(_over_ratio, report),
    )


def nearest_trained(trained: tuple[int, ...], count: int) -> int:
    """The trained count whose sub-network serves `count`: the nearest, on a tie the higher."""
    return min(trained, key=lambda own: (abs(own - count), -own))


def _differences(comparison: Comparison) -> Tables:
    """Per count: arm, against, points, low, high, p after Holm's correction, established."""
    shown = {role_look(SEPARATED).label, comparison.baseline}
    rows = pd.DataFrame(
        [
            (row.count, row.arm, f"minus {other}", *_numbers(row))
            for other, found in differences(comparison).items()
            if other in shown
            for row in found
        ],
        columns=["count", "arm", "against", *NUMBERS],
    )
    return _by_count(rows, difference_counts(comparison))


def _of_backbones(report: ReportData) -> Tables:
    """Per count: backbone, network, points, low, high, p after Holm's correction, established; empty for one
    backbone."""
    rows = pd.DataFrame(
        [
            (row.count, comparison.backbone, OF_BACKBONES[arm["role"]], *_numbers(row))
            for comparison in report.judged
            for row in differences(comparison).get(role_look(SEPARATED).label, [])
            if (arm := comparison.arm(row.arm))["role"] in OF_BACKBONES and not arm["variant"]
        ],
        columns=["count", "backbone", "network", *NUMBERS],
    )
    return _by_count(rows, sorted(rows["count"].unique())) if rows["backbone"].nunique() > 1 else {}


def _numbers(row: ArmDifference) -> tuple:
    return (*row.difference.estimate, row.adjusted, row.established)


def _by_count(rows: pd.DataFrame, counts: list[int]) -> Tables:
    return {f"{count} frames": rows[rows["count"] == count].drop(columns="count") for count in counts}


def _looks_of_others(report: ReportData) -> dict[str, Look]:
    separated = role_look(SEPARATED)
    baselines = {f"minus {comparison.baseline}": role_look("tsm") for comparison in report.judged}
    return {f"minus {separated.label}": separated} | baselines


def _markers(table: pd.DataFrame, *, rows: str, of: str, looks: Mapping[str, Look], axis: str) -> go.Figure:
    """The differences with their intervals, a row for each value of one column and a look for each of another, which
    stand below each other in the row."""
    figure = px.scatter(
        table, x="points", y=rows, color=of, hover_data=hover(table),
        error_x=table["high"] - table["points"], error_x_minus=table["points"] - table["low"],
    )  # fmt: skip
    for trace in figure.data:
        look = looks[trace.name]
        established = table.loc[table[of] == trace.name, "established"]
        symbols = [look.symbol if found else f"{look.symbol}-open" for found in established]
        trace.update(
            orientation="h",
            marker={"symbol": symbols, "color": look.color, "size": 11, "line": {"width": 2, "color": look.color}},
            error_x={"color": look.color, "thickness": 1.2, "width": 4},
        )
    styled(figure).add_vline(x=0, line={"width": 1, "color": INK, "dash": "dot"})
    category_rows(figure, table[rows].drop_duplicates().tolist(), row_height=20 + MARKER_HEIGHT * len(figure.data))
    figure.data = figure.data[::-1]  # plotly puts the first of a row at its bottom
    figure.update_layout(scattermode="group", scattergap=0.4, legend_traceorder="reversed")
    return figure.update_xaxes(title_text=axis, showgrid=True)


def _distances(comparison: Comparison) -> pd.DataFrame:
    """arm, train_frames, frames, nearest trained count, their ratio, change in points, low, high."""
    return pd.DataFrame(
        [row for label in comparison.arms for row in _distances_of(comparison, label)],
        columns=["arm", "train_frames", "frames", "nearest", "ratio", "points", "low", "high"],
    )


def _distances_of(comparison: Comparison, label: str) -> list[tuple]:
    arm = comparison.arm(label)
    trained, evaluated = trained_counts(arm["train_frames"]), comparison.evaluated_counts(label)
    if arm["role"] not in ROLES or not trained:
        return []
    pairs = [(count, own) for count in evaluated if (own := nearest_trained(trained, count)) in evaluated]
    if all(count == own for count, own in pairs):
        return []
    rows = [
        (label, arm["train_frames"], count, own, count / own, *comparison.difference(label, count, label, own).estimate)
        for count, own in pairs
    ]
    return sorted(rows, key=lambda row: row[4])


def _over_ratio(report: ReportData, table: pd.DataFrame) -> go.Figure:
    figure = styled(go.Figure(curves(table, report.looks, x="ratio", y="points")), height=480)
    figure.update_traces(line_width=1.5)
    for arm in table.loc[table["train_frames"].str.contains("+", regex=False), "arm"].unique():
        figure.update_traces({"mode": "markers"}, {"name": arm})
    figure.add_hline(y=0, line={"width": 1, "color": INK, "dash": "dot"})
    figure.update_yaxes(title_text="top-1 against the trained count (points)")
    title = "evaluated ÷ nearest trained frame count"
    return figure.update_xaxes(type="log", tickvals=list(TICKS), ticktext=list(TICKS.values()), title_text=title)
