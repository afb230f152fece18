"""Which classes collapse, and which of them recover."""

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.classes import class_accuracies, class_names, class_sizes
from analysis.comparison.comparison import Comparison, Point
from analysis.comparison.ranking import recovering_arms
from analysis.comparison.report_data import ReportData
from analysis.plots.style import GREY, Plot, Views, category_rows, new_figure, views_of
from analysis.reading.examples import Example, class_examples
from analysis.reading.roles import role_look

SHOWN = 20
"""Classes of one view: more cannot be read."""
EXAMPLES = 3
"""Classes shown by frames of a clip: so many that lose most, and so many that are brought back furthest."""


def classes_plot(report: ReportData) -> Plot:
    """Top-1 of each class: TSM at its own count, TSM at the lowest, and what recovers best at the lowest."""
    return Plot(
        name="classes",
        title="Which classes collapse, and which recover",
        choice="classes",
        reading="One row is one class, those that lose most on top: the grey line is what TSM loses between its own"
        " count and the lowest, the third marker what the best recovering arm reaches at the lowest. A class has few"
        " clips, so single rows are uncertain.",
        label="Accuracy of every class for TSM at its own and at the lowest count, and for the best recovering arm.",
        views=views_of(report.judged, lambda comparison: _views(comparison, report.study.record)),
        examples=_examples(report),
    )


def _views(comparison: Comparison, record: dict) -> Views:
    falling = _falling(comparison)
    if falling is None:
        return {}
    names = class_names(record, falling.index)
    sizes = class_sizes(comparison)
    falling.index = [f"{names[number]} ({sizes[number]} clips)" for number in falling.index]
    if len(falling) <= SHOWN:
        return {"all": _figure(comparison, falling)}
    return {
        f"the {SHOWN} of {len(falling)} that lose most": _figure(comparison, falling[:SHOWN]),
        f"the {SHOWN} of {len(falling)} that lose least": _figure(comparison, falling[-SHOWN:]),
    }


def _falling(comparison: Comparison) -> pd.DataFrame | None:
    """The classes' accuracies, a row per class number, those that lose most first; None where they are not known."""
    points = _points(comparison)
    columns = {point: class_accuracies(comparison, *point) for point in points}
    if not points or any(column is None for column in columns.values()):
        return None
    table = pd.DataFrame(columns).fillna(0.0)
    return table.loc[(table[points[0]] - table[points[1]]).sort_values(ascending=False, kind="stable").index]


def _examples(report: ReportData) -> tuple[Example, ...]:
    """Of the first backbone the classes that lose most, and those that the recovering arm brings back furthest."""
    falling = _falling(report.judged[0]) if report.judged else None
    if falling is None:
        return ()
    own, low, *recovered = falling.columns
    names = class_names(report.study.record, falling.index)
    lost = falling[own] - falling[low]
    captions = {number: f"{names[number]}: loses {lost[number]:.0f} points" for number in falling.index}
    shown = list(falling.index[:EXAMPLES])
    for arm in recovered:
        gains = (falling[arm] - falling[low]).sort_values(ascending=False, kind="stable")
        captions = {number: f"{text}, {arm[0]} brings back {gains[number]:.0f}" for number, text in captions.items()}
        shown += [number for number in gains.index[:EXAMPLES] if number not in shown]
    return class_examples(report.study.folder, [(number, captions[number]) for number in shown])


def _points(comparison: Comparison) -> list[Point]:
    if comparison.lowest is None:
        return []
    best = [(label, comparison.lowest) for label in recovering_arms(comparison)[:1]]
    return [(comparison.baseline, comparison.highest), (comparison.baseline, comparison.lowest), *best]


def _figure(comparison: Comparison, table: pd.DataFrame) -> go.Figure:
    own, low, *_ = table.columns
    lines = go.Scatter(
        x=[value for pair in zip(table[low], table[own]) for value in (*pair, None)],
        y=[name for name in table.index for _ in range(3)],
        mode="lines",
        line={"color": GREY, "width": 2},
        showlegend=False,
        hoverinfo="skip",
    )
    titles = go.Scatter(  # above the lines, since they may be longer than a phone has room beside them
        x=[-2] * len(table),
        y=table.index.tolist(),
        text=[name.rsplit(" (", 1)[0] for name in table.index],
        mode="markers+text",
        marker={"size": 14, "opacity": 0},  # keeps the text off the other markers
        textposition="top right",
        textfont={"size": 12},
        showlegend=False,
        hoverinfo="skip",
    )
    markers = [_markers(comparison, point, table[point], is_open=point == low) for point in table]
    figure = category_rows(new_figure().add_traces([lines, *markers, titles]), table.index.tolist(), row_height=38)
    figure.update_yaxes(showticklabels=False)
    return figure.update_xaxes(title_text="clips of the class that are right (%)", range=[-3, 103], showgrid=True)


def _markers(comparison: Comparison, point: Point, accuracies: pd.Series, *, is_open: bool) -> go.Scatter:
    look = role_look(comparison.arm(point[0])["role"])
    return go.Scatter(
        x=accuracies.tolist(),
        y=accuracies.index.tolist(),
        name=f"{point[0]} at {point[1]} frames",
        mode="markers",
        marker={"color": look.color, "symbol": f"{look.symbol}{'-open' if is_open else ''}", "size": 10,
                "line": {"width": 2}} if is_open else {"color": look.color, "symbol": look.symbol, "size": 10},
        hovertemplate="%{y}<br>%{fullData.name}: %{x:.1f} %<extra></extra>",
    )  # fmt: skip
