"""What the choice of frames hides: every class at evaluation's even stride, and on frames drawn at random."""

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.classes import class_estimates, class_names
from analysis.comparison.comparison import Comparison
from analysis.comparison.differences import difference_counts
from analysis.comparison.other_protocols import sampled_comparisons
from analysis.comparison.ranking import is_variant, recovering_arms
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Views, new_figure, views_of
from analysis.reading.roles import SEPARATED, role_look

ALL = "all classes"
SHOWN = 20
"""Classes of one view: more cannot be read."""
ARM_HEIGHT, TITLE_HEIGHT = 14, 26  # pixels of a row


def sampling_plot(report: ReportData) -> Plot:
    """Top-1 of each class under both draws of frames, for TSM, its re-calibration, and what recovers best."""
    return Plot(
        name="sampling",
        title="What the even stride hides",
        choice="evaluated at",
        reading="In each row the arms stand in the order of the legend. Filled markers: frames at evaluation's even"
        " stride. Open ones: the same network on frames drawn as the choice says. Where the open one lies right of the"
        " filled one, the stride had hidden the motion, as a wheel seems to turn backwards in a film. What"
        " re-calibrated TSM gains over TSM is due to BatchNorm's statistics, and what lies between arms under both"
        " draws to training and capacity. A class has few clips, so single rows are uncertain: markers tell their 95 %"
        " intervals.",
        label="Accuracy of every class under two ways to draw the frames, for TSM and the best arms.",
        views=views_of(report.judged, lambda comparison: _views(report, comparison)),
    )


def _views(report: ReportData, comparison: Comparison) -> Views:
    views = {}
    for sampling, sampled in sampled_comparisons(report, comparison).items():
        for count in difference_counts(comparison):
            tables = _tables(comparison, sampled, count)
            if tables:
                views[f"{count} frames, {sampling}"] = _figure(comparison, tables, report.study.record)
    return views


def _tables(comparison: Comparison, sampled: Comparison, count: int) -> dict[str, pd.DataFrame]:
    """Per arm the Estimates of all classes and of each (row), at the even stride and as sampled (columns)."""
    tables = {}
    for label in _arms(comparison, count):
        even, drawn = (_estimates(source, label, count) for source in (comparison, sampled))
        if even is not None and drawn is not None:
            tables[label] = pd.DataFrame({"even": even, "sampled": drawn})
    return tables


def _estimates(comparison: Comparison, label: str, count: int) -> pd.Series | None:
    classes = class_estimates(comparison, label, count)
    if classes is None:
        return None
    return pd.concat([pd.Series({ALL: comparison.accuracy(label, count)}), classes])


def _arms(comparison: Comparison, count: int) -> list[str]:
    """TSM, what has its weights alone, Separated Training at the count, the best plain arm and the best variant."""
    recovering = recovering_arms(comparison)
    recalibrated = [label for label in recovering if comparison.arm(label)["adaptation"]]
    trained = [label for label in recovering if label not in recalibrated]
    plain = [label for label in trained if not is_variant(comparison, label)]
    variants = [label for label in trained if is_variant(comparison, label)]
    separated = [label for label in comparison.arms if comparison.arm(label)["role"] == SEPARATED
                 and comparison.arm(label)["train_frames"] == str(count)]  # fmt: skip
    chosen = [comparison.baseline, *recalibrated[:1], *separated, *plain[:1], *variants[:1]]
    return [label for label in chosen if label in comparison.arms_at(count)]


def _figure(comparison: Comparison, tables: dict[str, pd.DataFrame], record: dict) -> go.Figure:
    rows = _shown_rows(tables[comparison.baseline])
    names = class_names(record, [row for row in rows if row != ALL]) | {ALL: ALL}
    height = TITLE_HEIGHT + ARM_HEIGHT * len(tables)
    figure = new_figure(height=150 + height * len(rows))
    for position, (label, table) in enumerate(tables.items()):
        places = [-height * row - TITLE_HEIGHT - ARM_HEIGHT * position for row in range(len(rows))]
        figure.add_traces(_dumbbells(comparison, label, table.loc[rows], places, [names[row] for row in rows]))
    titles = go.Scatter(
        x=[-2] * len(rows),
        y=[-height * row - TITLE_HEIGHT / 2 for row in range(len(rows))],
        text=[names[row] for row in rows],
        mode="text",
        textposition="middle right",
        textfont={"size": 12},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.add_trace(titles).update_yaxes(visible=False, range=[-height * len(rows) - ARM_HEIGHT / 2, 0])
    return figure.update_xaxes(title_text="clips that are right (%)", range=[-3, 103], showgrid=True)


def _shown_rows(table: pd.DataFrame) -> list[str | int]:
    """All classes together, and those first whose accuracy TSM owes most to the draw."""
    even, sampled = (_values(table[column]) for column in ("even", "sampled"))
    change = (sampled - even).drop(ALL).sort_values(ascending=False, kind="stable")
    return [ALL, *change.index[:SHOWN]]


def _values(estimates: pd.Series) -> pd.Series:
    return estimates.map(lambda estimate: estimate.value)


def _dumbbells(
    comparison: Comparison, label: str, table: pd.DataFrame, places: list[float], names: list[str]
) -> list[go.Scatter]:
    look = role_look(comparison.arm(label)["role"])
    lines = go.Scatter(
        x=[
            value
            for even, sampled in zip(table["even"], table["sampled"])
            for value in (even.value, sampled.value, None)
        ],
        y=[place for place in places for _ in range(3)],
        mode="lines",
        line={"color": look.color, "width": 1},
        showlegend=False,
        hoverinfo="skip",
    )
    looks = {"even": ("even stride", look.symbol), "sampled": ("drawn", f"{look.symbol}-open")}
    markers = [
        go.Scatter(
            x=_values(table[column]).tolist(),
            y=places,
            name=label,
            legendgroup=label,
            showlegend=column == "even",
            mode="markers",
            marker={"color": look.color, "symbol": symbol, "size": 9},
            customdata=[
                [f"{name}, {words}", estimate.low, estimate.high] for name, estimate in zip(names, table[column])
            ],
            hovertemplate="%{customdata[0]}<br>%{fullData.name}: %{x:.1f} %"
            " (%{customdata[1]:.1f} to %{customdata[2]:.1f})<extra></extra>",
        )
        for column, (words, symbol) in looks.items()
    ]
    return [lines, *markers]
