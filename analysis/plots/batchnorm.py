"""The paper's explanation of the collapse: BatchNorm statistics by layer differ between frame counts."""

import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Views, new_figure, style_axes, views_of
from analysis.reading.roles import SEPARATED

STATISTICS = ("mean", "variance", "scale", "bias")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "triangle-down")
OWN_NETWORKS = "networks of their own"


def batchnorm_plot(report: ReportData) -> Plot:
    """Mean, variance, scale and bias by layer, a line per frame count (the paper's Figures 3, 10 and 11)."""
    return Plot(
        name="batchnorm",
        title="BatchNorm by layer and frame count",
        choice="of",
        reading="Each line is one frame count, from the first layer to the last, mean over channels and seeds: where"
        " the lines part, one count's statistics are wrong for another, and so the paper explains the collapse.",
        label="Mean, variance, scale and bias of every BatchNorm layer, one line per frame count.",
        views=views_of(report.comparisons, lambda comparison: _views(comparison, report.study.batchnorm)),
    )


def _views(comparison: Comparison, table: pd.DataFrame) -> Views:
    arms = comparison.rows[["trial", "adaptation", "arm", "role", "variant"]].drop_duplicates()
    known = table.merge(arms, on=["trial", "adaptation"])
    plain = known["role"].isin(["tsm", SEPARATED]) & (known["variant"] == "")
    groups = known.assign(group=known["arm"].mask(plain, f"TSM and Separated Training, {OWN_NETWORKS}"))
    return {group: _figure(rows) for group, rows in groups.groupby("group", sort=False)}


def _figure(rows: pd.DataFrame) -> go.Figure:
    counts = sorted(rows["count"].astype(int).unique())
    places = [0.5] if len(counts) == 1 else [0.15 + 0.65 * place / (len(counts) - 1) for place in range(len(counts))]
    colors = sample_colorscale("Viridis", places)  # without its ends, which vanish on a dark or a light page
    figure = make_subplots(
        rows=len(STATISTICS), cols=1, shared_xaxes=True, vertical_spacing=0.04, figure=new_figure(height=760)
    )
    layers = list(dict.fromkeys(rows["layer"]))
    for position, count in enumerate(counts):
        means = rows[rows["count"] == count].groupby("layer")[list(STATISTICS)].mean().reindex(layers)
        for panel, statistic in enumerate(STATISTICS, start=1):
            line = _line(means[statistic], f"{count} frames", colors[position], SYMBOLS[position % len(SYMBOLS)])
            figure.add_trace(line.update(showlegend=panel == 1), row=panel, col=1)
    for panel, statistic in enumerate(STATISTICS, start=1):
        figure.update_yaxes(title_text=statistic, row=panel, col=1)
    figure.update_yaxes(type="log", row=2, col=1)
    figure.update_xaxes(type="category", showticklabels=False)
    figure.update_xaxes(title_text=f"layers, {layers[0]} to {layers[-1]}", row=len(STATISTICS), col=1)
    return style_axes(figure)


def _line(values: pd.Series, name: str, color: str, symbol: str) -> go.Scatter:
    return go.Scatter(
        x=values.index.tolist(),
        y=[float(f"{value:.5g}") for value in values],
        name=name,
        legendgroup=name,
        mode="lines+markers",
        line={"color": color, "width": 1.5},
        marker={"symbol": symbol, "size": 5},
        hovertemplate="%{x}, %{fullData.name}: %{y:.4g}<extra></extra>",
    )
