"""Accuracy over what it costs: multiply-adds per clip, with the frontier of the arms that nothing beats."""

from math import ceil, floor, log10

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.plots.style import GREY, Plot, Views, accuracy_axis, new_figure, views_of
from analysis.reading.arms import variant_dashes
from analysis.reading.roles import SEPARATED, role_look

HOVER = "%{fullData.name}, %{customdata}<br>%{x:.3g} · 10⁹ multiply-adds: %{y:.2f} %<extra></extra>"


def cost_plot(report: ReportData) -> Plot:
    """Top-1 of every arm over its multiply-adds per clip."""
    return Plot(
        name="cost",
        title="Accuracy over cost",
        choice="backbone",
        reading="Further left is cheaper, higher is better: whatever lies below the dotted frontier is beaten by"
        " something that costs no more. A line is one trained network at several frame counts; Separated Training needs"
        " a network of its own for each diamond.",
        label="Top-1 accuracy of every arm over multiply-adds per clip; the table of all results holds its numbers.",
        views=views_of(report.comparisons, _views),
    )


def _views(comparison: Comparison) -> Views:
    points = _points(comparison)
    if points.empty:
        return {}
    dashes = variant_dashes(comparison.rows)
    frontier = _frontier(points)
    of_arms = dict(list(points.groupby("arm")))
    traces = [_arm_trace(of_arms[arm], dashes) for arm in comparison.arms if arm in of_arms]
    figure = accuracy_axis(new_figure(height=480)).add_traces([frontier, *traces])
    ticks = _round_numbers(points["gmacs"].min(), points["gmacs"].max())
    figure.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    return {"": figure.update_xaxes(title_text="10⁹ multiply-adds per clip")}


def _round_numbers(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... around a range above 0."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    return [factor * 10.0**power for power in powers for factor in (1, 2, 5)]


def _points(comparison: Comparison) -> pd.DataFrame:
    """arm, role, eval_frames, gmacs, top1, mean over seeds; Separated Training at its own counts only."""
    rows = comparison.rows[comparison.rows["gmacs_per_clip"] > 0]
    own = rows["train_frames"] == rows["eval_frames"].astype(int).astype(str)
    return (
        rows[(rows["role"] != SEPARATED) | own]
        .groupby(["arm", "role", "eval_frames"], sort=False, as_index=False)
        .agg(gmacs=("gmacs_per_clip", "mean"), top1=("top1", "mean"))
        .sort_values("eval_frames")
    )


def _arm_trace(rows: pd.DataFrame, dashes: dict[str, str]) -> go.Scatter:
    arm, role = rows["arm"].iloc[0], rows["role"].iloc[0]
    look = role_look(role)
    return go.Scatter(
        x=rows["gmacs"].tolist(),
        y=rows["top1"].tolist(),
        name=arm,
        mode="markers" if len(rows) == 1 else "lines+markers",
        line={"color": look.color, "width": 2, "dash": dashes[arm]},
        marker={"symbol": look.symbol, "size": 9},
        customdata=[f"{count:g} frames" for count in rows["eval_frames"]],
        hovertemplate=HOVER,
    )


def _frontier(points: pd.DataFrame) -> go.Scatter:
    """The steps from the cheapest point to the most accurate: each beats all that cost no more."""
    rising = points.sort_values(["gmacs", "top1"], ascending=[True, False])
    best = rising[rising["top1"] > rising["top1"].cummax().shift(fill_value=-1)]
    return go.Scatter(
        x=best["gmacs"].tolist(),
        y=best["top1"].tolist(),
        name="frontier",
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dot", "shape": "hv"},
        hoverinfo="skip",
    )
