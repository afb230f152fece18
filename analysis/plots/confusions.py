"""What the collapsed network takes each class for."""

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.classes import class_names, confusions
from analysis.comparison.comparison import Comparison
from analysis.comparison.ranking import recovering_arms
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Views, category_rows, new_figure, views_of, wrapped
from analysis.reading.roles import role_look

MATRIX_CLASSES = 30
SHOWN_PAIRS = 25


def confusions_plot(report: ReportData) -> Plot:
    """Confusions at the lowest count, of TSM and of what recovers best, and of TSM at its own count."""
    return Plot(
        name="confusions",
        title="Confusions",
        choice="of",
        reading="Of the clips of one class, the share that the network takes for another: a collapse that goes into few"
        " answers has a cause in the motion, one spread over all is a network that sees noise.",
        label="Shares of each class's clips by predicted class, of TSM and of the best recovering arm.",
        views=views_of(report.judged, lambda comparison: _views(comparison, report.study.record)),
    )


def _views(comparison: Comparison, record: dict) -> Views:
    if comparison.lowest is None:
        return {}
    low, best = comparison.lowest, recovering_arms(comparison)[:1]
    points = [(comparison.baseline, low), *((label, low) for label in best), (comparison.baseline, comparison.highest)]
    tables = {point: confusions(comparison, *point) for point in points}
    return {
        f"{label} at {count} frames": _figure(table, record, role_look(comparison.arm(label)["role"]).color)
        for (label, count), table in tables.items()
        if table is not None
    }


def _figure(table: pd.DataFrame, record: dict, color: str) -> go.Figure:
    names = class_names(record, table.index.union(table.columns))
    if len(names) <= MATRIX_CLASSES:
        square = table.reindex(index=list(names), columns=list(names), fill_value=0.0)
        return _matrix(square.rename(index={number: wrapped(name) for number, name in names.items()}))
    return _pairs(table.rename(index=names, columns=names), color)


def _matrix(table: pd.DataFrame) -> go.Figure:
    shares = table.to_numpy()
    figure = new_figure(height=130 + 34 * len(table)).add_trace(
        go.Heatmap(
            z=shares.round(1).tolist(),
            x=[str(number) for number in table.columns],
            y=table.index.tolist(),
            text=[[f"{share:.0f}" if share >= 5 else "" for share in row] for row in shares],
            texttemplate="%{text}",
            colorscale="Cividis",
            zmin=0,
            zmax=100,
            xgap=1,
            ygap=1,
            showscale=False,
            hovertemplate="%{y}<br>taken for %{x}: %{z:.1f} %<extra></extra>",
        )
    )
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, tickfont={"size": 12})
    return figure.update_xaxes(type="category", showline=False, title_text="taken for class (% of the row's clips)")


def _pairs(table: pd.DataFrame, color: str) -> go.Figure:
    """The largest confusions of two classes, where a matrix of all would be too fine to read."""
    shares = table.stack()
    wrong = shares[shares.index.get_level_values(0) != shares.index.get_level_values(1)]
    largest = wrong.sort_values(ascending=False, kind="stable")[:SHOWN_PAIRS]
    names = [f"{label} → {predicted}" for label, predicted in largest.index]
    bars = go.Bar(
        x=largest.round(1).tolist(),
        y=names,
        name=f"the {len(names)} largest",
        orientation="h",
        marker={"color": color},
        hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
    )
    figure = category_rows(new_figure().add_trace(bars), names, row_height=36).update_yaxes(tickfont={"size": 12})
    return figure.update_xaxes(title_text="clips of the class taken for the other (%)", rangemode="tozero")
