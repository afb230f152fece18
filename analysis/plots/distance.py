"""Nearby Alleviation: how the loss grows with the distance from a trained frame count."""

import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.plots.style import INK, Plot, Views, error_bars, new_figure, views_of
from analysis.reading.arms import variant_dashes
from analysis.reading.roles import RECALIBRATED_TSM, SEPARATED, role_look
from analysis.reading.tables import trained_counts

TICKS = {1 / 8: "⅛", 1 / 4: "¼", 1 / 2: "½", 3 / 4: "¾", 1: "1", 1.5: "1½", 2: "2", 3: "3", 4: "4", 6: "6", 8: "8"}
ROLES = ("tsm", RECALIBRATED_TSM, SEPARATED, "ffn")
"""Networks that serve a count by their nearest trained one; the others blend the counts they train."""
HOVER = "%{fullData.name}<br>%{customdata}: %{y:+.1f} points<extra></extra>"


def distance_plot(report: ReportData) -> Plot:
    """Top-1 gained or lost against the nearest trained count, over the ratio of the two counts."""
    return Plot(
        name="distance",
        title="Distance from the nearest trained frame count",
        choice="backbone",
        reading="Each point is a network at a count that it was not trained at, against the same network at its"
        " nearest trained count: the paper's Nearby Alleviation is a loss that is small near the middle, where the"
        " counts are alike, and grows to the sides. Bars are paired 95 % intervals.",
        label="Change of top-1 accuracy over the ratio of evaluated to nearest trained frame count, per arm.",
        views=views_of(report.comparisons, _views),
    )


def nearest_trained(trained: tuple[int, ...], count: int) -> int:
    """The trained count whose sub-network serves `count`: the nearest, on a tie the higher."""
    return min(trained, key=lambda own: (abs(own - count), -own))


def _views(comparison: Comparison) -> Views:
    dashes = variant_dashes(comparison.rows)
    traces = [trace for label in comparison.arms if (trace := _trace(comparison, label, dashes[label]))]
    if not traces:
        return {}
    figure = new_figure(height=480).add_traces(traces)
    figure.add_hline(y=0, line={"width": 1, "color": INK, "dash": "dot"})
    figure.update_yaxes(title_text="top-1 against the trained count (points)")
    title = "evaluated ÷ nearest trained frame count"
    return {"": figure.update_xaxes(type="log", tickvals=list(TICKS), ticktext=list(TICKS.values()), title_text=title)}


def _trace(comparison: Comparison, label: str, dash: str) -> go.Scatter | None:
    arm = comparison.arm(label)
    trained = trained_counts(arm["train_frames"])
    if arm["role"] not in ROLES or not trained:
        return None
    evaluated = comparison.evaluated_counts(label)
    pairs = [(count, nearest_trained(trained, count)) for count in evaluated]
    pairs = sorted((pair for pair in pairs if pair[1] in evaluated), key=lambda pair: pair[0] / pair[1])
    if all(count == own for count, own in pairs):
        return None
    changes = [comparison.difference(label, count, label, own).estimate for count, own in pairs]
    look = role_look(arm["role"])
    return go.Scatter(
        x=[count / own for count, own in pairs],
        y=[change.value for change in changes],
        name=label,
        mode="lines+markers" if len(trained) == 1 else "markers",
        line={"color": look.color, "width": 1.5, "dash": dash},
        marker={"symbol": look.symbol, "size": 9, "color": look.color},
        error_y=error_bars(changes),
        customdata=[f"{count} frames, nearest trained {own}" for count, own in pairs],
        hovertemplate=HOVER,
    )
