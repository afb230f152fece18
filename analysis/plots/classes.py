"""Which classes collapse and recover, and which classes the collapsed network predicts instead."""

from functools import partial

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from analysis.comparison.classes import class_names, class_sizes, class_table, confusions
from analysis.comparison.comparison import Comparison, Point
from analysis.comparison.ranking import recovering_arms
from analysis.comparison.report_data import ReportData
from analysis.plots.style import (
    GREY,
    Plot,
    Tables,
    category_rows,
    connectors,
    heat_map,
    hover,
    styled,
    tables_of,
    wrapped,
)
from analysis.reading.examples import Example, class_examples

SHOWN = 20
"""Classes of one view: more cannot be read."""
EXAMPLES = 3
"""How many classes that lose most, and how many that recover most, are shown by frames of a clip."""
MATRIX_CLASSES = 30
SHOWN_PAIRS = 25


def classes_plot(report: ReportData) -> Plot:
    """Top-1 of each class: TSM at its own count, TSM at the lowest, and the best recovering arm at the lowest."""
    return Plot(
        name="classes",
        title="Which classes collapse, and which recover",
        choice="classes",
        reading="One row is one class, those that lose most at the top: the grey line is what TSM loses between its own"
        " count and the lowest, the third marker what the best recovering arm reaches at the lowest. A class has few"
        " clips, so single rows are uncertain.",
        label="Accuracy of every class for TSM at its own and at the lowest count, and for the best recovering arm.",
        tables=tables_of(report.judged, lambda comparison: _class_tables(comparison, report.study.record)),
        draw=partial(_losses, report),
        examples=_examples(report),
    )


def confusions_plot(report: ReportData) -> Plot:
    """Confusions at the lowest count, of TSM and of the best recovering arm, and of TSM at its own count."""
    return Plot(
        name="confusions",
        title="Confusions",
        choice="of",
        reading="The share of a class's clips that the network predicts as another class: a collapse into few answers"
        " has a cause in the motion; one spread over all classes means that the network sees noise.",
        label="Shares of each class's clips by predicted class, of TSM and of the best recovering arm.",
        tables=tables_of(report.judged, lambda comparison: _confusion_tables(comparison, report.study.record)),
        draw=partial(_confusions, report),
    )


def _points(comparison: Comparison) -> list[Point]:
    if comparison.lowest is None:
        return []
    best = [(label, comparison.lowest) for label in recovering_arms(comparison)[:1]]
    return [(comparison.baseline, comparison.highest), (comparison.baseline, comparison.lowest), *best]


def _falling(comparison: Comparison) -> pd.DataFrame:
    """Each class's accuracy (row) at each of `_points` (column), those that lose most first; empty if unknown."""
    table = class_table(comparison, _points(comparison))
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
    """Of the first backbone the classes that lose most, and those that the recovering arm improves most."""
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


def _confusion_tables(comparison: Comparison, record: dict) -> Tables:
    own, *others = _points(comparison) or [None]
    return {
        f"{arm} at {count} frames": confusion_table(shares, record).assign(arm=arm)
        for arm, count in [*others, *filter(None, [own])]
        if (shares := confusions(comparison, arm, count)) is not None
    }


def confusion_table(shares: pd.DataFrame, record: dict) -> pd.DataFrame:
    """class, predicted, percent: every pair of classes, or of more than MATRIX_CLASSES the largest confusions.

    shares: per cent of each class's clips (row) by predicted class (column).
    """
    names = class_names(record, shares.index.union(shares.columns))
    square = shares.reindex(index=list(names), columns=list(names), fill_value=0.0)
    pairs = square.rename(index=names, columns=names).rename_axis(index="class", columns="predicted")
    pairs = pairs.stack().rename("percent").reset_index()
    if len(names) <= MATRIX_CLASSES:
        return pairs
    wrong = pairs[pairs["class"] != pairs["predicted"]]
    return wrong.sort_values("percent", ascending=False, kind="stable")[:SHOWN_PAIRS]


def _confusions(report: ReportData, table: pd.DataFrame) -> go.Figure:
    if len(table) == table["class"].nunique() ** 2:
        return _matrix(table)
    return _pairs(table).update_traces(marker_color=report.looks[table["arm"].iloc[0]].color)


def _matrix(table: pd.DataFrame) -> go.Figure:
    names = table["class"].drop_duplicates().tolist()
    shares = table.pivot(index="class", columns="predicted", values="percent").loc[names, names].round(1)
    text = [[f"{share:.0f}" if share >= 5 else "" for share in row] for row in shares.to_numpy()]
    shares = shares.rename(index=wrapped, columns=lambda name: name.removeprefix("class ").split(":")[0])
    figure = class_cells(shares, text, hovertemplate="%{y}<br>predicted as %{x}: %{z:.1f} %<extra></extra>")
    return figure.update_xaxes(title_text="predicted class (% of the row's clips)")


def class_cells(shares: pd.DataFrame, text: list[list[str]], *, hovertemplate: str) -> go.Figure:
    """A heat map with a row per class."""
    figure = heat_map(shares, text, xgap=1, ygap=1, hovertemplate=hovertemplate)
    return figure.update_yaxes(tickfont_size=12).update_layout(height=130 + 34 * len(shares))


def _pairs(table: pd.DataFrame) -> go.Figure:
    names = table["class"] + " → " + table["predicted"]
    figure = styled(px.bar(table, x="percent", y=names, hover_data=hover(table)))
    category_rows(figure, names.tolist(), row_height=36).update_yaxes(tickfont_size=12)
    return figure.update_xaxes(title_text="clips of the class predicted as the other (%)", rangemode="tozero")
