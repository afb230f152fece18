"""Which classes collapse, and which recover."""

from functools import partial

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from analysis.comparison.classes import class_names, class_sizes, class_table
from analysis.comparison.comparison import Comparison, Point
from analysis.comparison.ranking import recovering_arms
from analysis.comparison.report_data import ReportData
from analysis.plots.style import GREY, Plot, Tables, category_rows, connectors, styled, tables_of
from analysis.reading.examples import Example, class_examples

SHOWN = 20
"""Classes of one view: more cannot be read."""
EXAMPLES = 3
"""How many classes that lose most, and how many that recover most, are shown by frames of a clip."""


def classes_plot(report: ReportData) -> Plot:
    """Top-1 of each class: TSM at its own count, TSM at the lowest, and the best plain arm at the lowest."""
    return Plot(
        name="classes",
        title="Which classes collapse, and which recover",
        choice="classes",
        reading="One row is one class, those that lose most at the top: the grey line is what"
        f" {report.plain} loses between its own count and the lowest, the third marker what the best plain arm"
        " reaches at the lowest. A class has few clips, so single rows are uncertain.",
        label=f"Accuracy of every class for {report.plain} at its own and at the lowest count, and for the best"
        " plain arm.",
        tables=tables_of(report.judged, lambda comparison: _class_tables(comparison, report.study.record)),
        draw=partial(_losses, report),
        examples=_examples(report),
    )


def class_points(comparison: Comparison) -> list[Point]:
    """TSM at its own count and at the lowest, and the best plain arm there."""
    if comparison.lowest is None:
        return []
    best = [(label, comparison.lowest) for label in recovering_arms(comparison)[:1]]
    return [(comparison.baseline, comparison.highest), (comparison.baseline, comparison.lowest), *best]


def _falling(comparison: Comparison) -> pd.DataFrame:
    """Each class's accuracy (row) at each of `class_points` (column), those that lose most first; empty if unknown."""
    table = class_table(comparison, class_points(comparison))
    if table.empty:
        return table
    own, low, *_ = table.columns
    return table.loc[(table[own] - table[low]).sort_values(ascending=False, kind="stable").index]


def _class_tables(comparison: Comparison, record: dict) -> Tables:
    """class, clips, and the accuracy of each network under its name."""
    falling = _falling(comparison)
    if falling.empty:
        return {}
    names = class_names(record, falling.index)
    table = falling.set_axis([f"{arm} at {count} frames" for arm, count in falling.columns], axis="columns")
    table.insert(0, "class", list(names.values()))
    table.insert(1, "clips", class_sizes(comparison).reindex(table.index))
    if len(table) <= SHOWN:
        return {"all": table}
    return {
        f"the {SHOWN} of {len(table)} that lose most": table[:SHOWN],
        f"the {SHOWN} of {len(table)} that lose least": table[-SHOWN:],
    }


def _losses(report: ReportData, table: pd.DataFrame) -> go.Figure:
    _, _, own, low, *_ = table.columns
    rows = table["class"] + table["clips"].map(" ({} clips)".format)
    titles = go.Scatter(  # above the lines, since they may be longer than a phone has room beside them
        x=[-2] * len(table), y=rows, text=table["class"], mode="markers+text", hoverinfo="skip", showlegend=False,
        marker={"size": 14, "opacity": 0},  # keeps the text off the other markers
        textposition="top right", textfont_size=12,
    )  # fmt: skip
    markers = px.scatter(table.assign(row=rows), y="row", x=list(table.columns[2:]))
    for trace in markers.data:
        look = report.looks[trace.name.rsplit(" at ", 1)[0]]
        symbol = f"{look.symbol}-open" if trace.name == low else look.symbol
        trace.update(
            marker={"color": look.color, "symbol": symbol, "size": 10, "line": {"width": 2 * (trace.name == low)}},
            hovertemplate="%{y}<br>%{fullData.name}: %{x:.1f} %<extra></extra>",
        )
    figure = styled(go.Figure([connectors(table, low, own, rows, GREY, 2), *markers.data, titles]))
    category_rows(figure, rows.tolist(), row_height=38).update_yaxes(showticklabels=False)
    return figure.update_xaxes(title_text="clips of the class that are right (%)", range=[-3, 103], showgrid=True)


def _examples(report: ReportData) -> tuple[Example, ...]:
    """Of the first backbone the classes that lose most, and those that the best arm improves most."""
    falling = _falling(report.judged[0]) if report.judged else pd.DataFrame()
    if falling.empty:
        return ()
    own, low, *recovered = falling.columns
    names = class_names(report.study.record, falling.index)
    lost = falling[own] - falling[low]
    captions = {number: f"{names[number]}: loses {lost[number]:.0f} points" for number in falling.index}
    shown = list(falling.index[:EXAMPLES])
    for arm in recovered:
        gains = (falling[arm] - falling[low]).sort_values(ascending=False, kind="stable")
        captions = {number: f"{text}, {arm[0]} regains {gains[number]:.0f}" for number, text in captions.items()}
        shown += [number for number in gains.index[:EXAMPLES] if number not in shown]
    return class_examples(report.study.folder, [(number, captions[number]) for number in shown])
