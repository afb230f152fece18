"""Accuracy over evaluated frame counts: the collapse of TSM, and what recovers it."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.ranking import is_variant
from analysis.comparison.report_data import ReportData
from analysis.plots.style import (
    INK,
    Plot,
    accuracy_axis,
    error_bars,
    frame_count_axis,
    new_figure,
    translucent,
    views_of,
)
from analysis.reading.arms import variant_dashes
from analysis.reading.protocol import Protocol
from analysis.reading.roles import SEPARATED, role_look
from analysis.statistics.estimates import Estimate
from analysis.wording.published_comparison import published_of
from analysis.wording.summary import findings, headline
from study.results.published import PAPER

HOVER = "%{fullData.name}<br>%{x} frames: %{y:.2f} %%{customdata}<extra></extra>"


def collapse_plot(report: ReportData) -> Plot:
    """TSM trained at the highest count over the counts it is evaluated at, with its 95 % interval."""
    protocol = report.protocol
    return Plot(
        name="collapse",
        title="The collapse",
        choice="backbone",
        reading="A network trained at one frame count is evaluated at others: the further the line drops below its"
        " value at the dotted line, the worse the collapse; the band is the 95 % interval.",
        label=" ".join(findings(comparison, protocol)[0] for comparison in report.judged),
        views={comparison.backbone: _collapse(comparison, protocol) for comparison in report.judged},
    )


def recovery_plot(report: ReportData) -> Plot:
    """Every arm over its evaluated counts; Separated Training as one marker per network, at its own count."""
    protocol = report.protocol
    published = {comparison.backbone: _published(report, comparison) for comparison in report.comparisons}
    reading = (
        "Separated Training's diamonds are what a network of its own reaches at each frame count; the nearer a"
        " line passes to them, the more of the collapse it recovers. Bars are 95 % intervals."
    )
    if any(published.values()):
        reading += f" Open markers are the published figures ({PAPER}, the same data and protocol)."
    return Plot(
        name="recovery",
        title="The recovery",
        choice="backbone",
        reading=reading,
        label=" ".join(headline(comparison, protocol) for comparison in report.comparisons),
        views=views_of(
            report.comparisons,
            lambda comparison: {"": _recovery(comparison, protocol).add_traces(published[comparison.backbone])},
        ),
    )


def _collapse(comparison: Comparison, protocol: Protocol) -> go.Figure:
    label = comparison.baseline
    counts, estimates = _curve(comparison, label)
    figure = new_figure().add_traces(
        [
            _band(counts, estimates, role_look("tsm").color),
            _curve_trace(comparison, label).update(
                mode="lines+markers+text",
                text=[f"{estimate.value:.1f}" for estimate in estimates],
                textposition=["top center"] + ["top left"] * (len(counts) - 1),
                textfont={"size": 12},
                error_y=None,
                cliponaxis=False,
            ),
            *_seed_points(comparison.arm_rows(label), label),
        ]
    )
    figure.add_vline(x=comparison.highest, line={"dash": "dot", "width": 1, "color": INK})
    figure.add_annotation(
        x=np.log10(comparison.highest),
        y=3,
        text=f"trained at {comparison.highest}",
        showarrow=False,
        xanchor="right",
        xshift=-6,
    )
    return accuracy_axis(frame_count_axis(figure, counts, protocol.views))


def _recovery(comparison: Comparison, protocol: Protocol) -> go.Figure:
    figure = new_figure(height=520)
    dashes = variant_dashes(comparison.rows)
    for label in comparison.arms:
        if comparison.arm(label)["role"] == SEPARATED:
            continue
        hidden = "legendonly" if is_variant(comparison, label) else True
        traces = [_curve_trace(comparison, label, dashes[label]), *_seed_points(comparison.arm_rows(label), label)]
        figure.add_traces([trace.update(visible=hidden) for trace in traces])
    figure.add_traces(_separated_traces(comparison))
    counts = sorted(comparison.rows["eval_frames"].astype(int).unique())
    return accuracy_axis(frame_count_axis(figure, counts, protocol.views))


def _curve(comparison: Comparison, label: str) -> tuple[list[int], list[Estimate]]:
    counts = comparison.evaluated_counts(label)
    return counts, [comparison.accuracy(label, count) for count in counts]


def _curve_trace(comparison: Comparison, label: str, dash: str = "solid") -> go.Scatter:
    counts, estimates = _curve(comparison, label)
    look = role_look(comparison.arm(label)["role"])
    return go.Scatter(
        x=counts,
        y=[estimate.value for estimate in estimates],
        name=label,
        legendgroup=label,
        mode="lines+markers",
        line={"color": look.color, "width": 2.5, "dash": dash},
        marker={"symbol": look.symbol, "size": 9},
        error_y=error_bars(estimates),
        customdata=_interval_texts(estimates),
        hovertemplate=HOVER,
    )


def _separated_traces(comparison: Comparison) -> list[go.Scatter]:
    own = comparison.rows[comparison.rows["role"] == SEPARATED]
    own = own[own["train_frames"] == own["eval_frames"].astype(int).astype(str)].sort_values("eval_frames")
    if own.empty:
        return []
    points = own[["arm", "eval_frames"]].drop_duplicates()
    estimates = [comparison.accuracy(point.arm, point.eval_frames) for point in points.itertuples()]
    look = role_look(SEPARATED)
    markers = go.Scatter(
        x=points["eval_frames"].tolist(),
        y=[estimate.value for estimate in estimates],
        mode="markers",
        name=f"{look.label} (each at its own count)",
        legendgroup=SEPARATED,
        marker={"symbol": look.symbol, "size": 12, "color": look.color, "line": {"width": 1, "color": "white"}},
        error_y=error_bars(estimates) | {"color": look.color},
        customdata=_interval_texts(estimates),
        hovertemplate=HOVER,
    )
    return [markers, *(point for _, rows in own.groupby("arm") for point in _seed_points(rows, SEPARATED))]


def _published(report: ReportData, comparison: Comparison) -> list[go.Scatter]:
    """One set of open markers per role that the paper has too, where dataset and protocol agree."""
    if report.measurement.disagreement:
        return []
    traces: list[go.Scatter] = []
    for label in comparison.arms:
        arm = comparison.arm(label)
        figures = published_of(report, comparison, label)
        name = f"{role_look(SEPARATED).label if arm['role'] == SEPARATED else label}, published"
        if figures and name not in [trace.name for trace in traces]:
            traces.append(_published_trace(name, figures, arm["role"]))
    return traces


def _published_trace(name: str, figures: dict[int, float], role: str) -> go.Scatter:
    look = role_look(role)
    return go.Scatter(
        x=list(figures),
        y=list(figures.values()),
        name=name,
        mode="markers",
        marker={"symbol": f"{look.symbol}-open", "size": 14, "color": look.color, "line": {"width": 2}},
        customdata=[f" ({PAPER})"] * len(figures),
        hovertemplate=HOVER,
    )


def _seed_points(rows: pd.DataFrame, legend_group: str) -> list[go.Scatter]:
    """One faint point per seed for the rows of one arm, where there are several seeds."""
    if rows["seed"].nunique() < 2:
        return []
    return [
        go.Scatter(
            x=rows["eval_frames"].tolist(),
            y=rows["top1"].tolist(),
            mode="markers",
            showlegend=False,
            legendgroup=legend_group,
            name=rows["arm"].iloc[0],
            marker={"color": role_look(rows["role"].iloc[0]).color, "size": 5, "opacity": 0.55},
            customdata=[f", seed {seed:g}" for seed in rows["seed"]],
            hovertemplate=HOVER,
        )
    ]


def _band(counts: list[int], estimates: list[Estimate], color: str) -> go.Scatter:
    edge = [estimate.high for estimate in estimates] + [estimate.low for estimate in reversed(estimates)]
    return go.Scatter(
        x=counts + counts[::-1],
        y=edge,
        fill="toself",
        fillcolor=translucent(color, 0.18),
        line={"width": 0},
        mode="lines",
        name="95 % interval",
        hoverinfo="skip",
    )


def _interval_texts(estimates: list[Estimate]) -> list[str]:
    return [
        "" if np.isnan(estimate.low) else f" (95 % interval {estimate.low:.1f}–{estimate.high:.1f})"
        for estimate in estimates
    ]
