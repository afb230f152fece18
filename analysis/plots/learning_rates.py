"""Accuracy and gap by learning rate and frame set, at every rate that was tried."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Views, new_figure, views_of
from analysis.reading.arms import order_arms

SHOWN_RATES = 8
"""Columns of a heat map; more rates than that share columns."""


def learning_rates_plot(report: ReportData) -> Plot:
    """Heat maps of top-1 at each evaluated count and of the TFD gap, by arm and learning rate."""
    split = report.results.split
    return Plot(
        name="learning-rates",
        title="Learning rate by frame set",
        choice="shown",
        reading=f"Each cell is the top-1 accuracy ({split} split) of one arm at one learning rate, mean over seeds; the"
        " tick marks the rate that the validation split chose, whatever the cell shows. A small gap is only worth"
        " something at a high accuracy.",
        label="Heat map of top-1 accuracy and gap by arm and learning rate; the table of results holds its numbers.",
        views=views_of(report.comparisons, lambda comparison: _views(report, comparison)),
    )


def _views(report: ReportData, comparison: Comparison) -> Views:
    shown = report.results.shown
    rows = shown[shown["arm"].isin(comparison.arms)]
    if rows["lr"].nunique() < 2:
        return {}
    rows = _few_rates(rows)
    low, high = comparison.lowest, comparison.highest
    counts = sorted(rows["eval_frames"].astype(int).unique(), key=lambda count: (count != low, count))
    views = {f"{count} frames": _heat_map(_mean_top1(rows, count), rows) for count in counts}
    if low is None:
        return views
    first, *others = views.items()
    gap = _mean_top1(rows, high) - _mean_top1(rows, low)
    return dict([first, (f"gap from {high} to {low} frames", _heat_map(gap, rows, reverse=True)), *others])


def _few_rates(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` with `rate`, the text of the column that each belongs to, in rising order of `lr`."""
    rates = np.sort(rows["lr"].dropna().unique())
    if len(rates) <= SHOWN_RATES:
        return rows.assign(rate=rows["lr"].map("{:g}".format))
    edges = np.unique(np.quantile(rates, np.linspace(0, 1, SHOWN_RATES + 1)))
    bins = pd.cut(rows["lr"], edges, include_lowest=True, labels=False)
    names = [f"{low:.2g}–{high:.2g}" for low, high in zip(edges, edges[1:])]
    return rows.assign(rate=[names[int(position)] for position in bins])


def _mean_top1(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    at_count = rows[rows["eval_frames"] == count]
    columns = rows.sort_values("lr")["rate"].unique()
    means = at_count.pivot_table(index="arm", columns="rate", values="top1", aggfunc="mean")
    return means.reindex(index=order_arms(rows), columns=columns)


def _heat_map(values: pd.DataFrame, rows: pd.DataFrame, *, reverse: bool = False) -> go.Figure:
    chosen = rows[rows["chosen"]].groupby("arm")["rate"].first()
    text = [[_cell_text(values.loc[arm, rate], chosen.get(arm) == rate) for rate in values] for arm in values.index]
    figure = new_figure(height=120 + 52 * len(values)).add_trace(
        go.Heatmap(
            z=values.to_numpy().round(2).tolist(),
            x=values.columns.tolist(),
            y=values.index.tolist(),
            text=text,
            texttemplate="%{text}",
            colorscale="Cividis_r" if reverse else "Cividis",
            zmin=0,
            zmax=100,
            xgap=3,
            ygap=3,
            showscale=False,
            hoverongaps=False,
            hovertemplate="%{y}<br>learning rate %{x}: %{z:.2f}<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", title_text="learning rate", showline=False)
    return figure.update_yaxes(type="category", autorange="reversed", showgrid=False)


def _cell_text(value: float, is_chosen: bool) -> str:
    if pd.isna(value):
        return ""
    return f"<b>{value:.1f} ✓</b>" if is_chosen else f"{value:.1f}"
