"""Which classes a network takes for which: as a matrix, and as paths."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.classes import class_names, confusions
from analysis.comparison.comparison import Comparison, Point
from analysis.comparison.report_data import ReportData
from analysis.plots.classes import class_points
from analysis.plots.style import GREY, LAYOUT, Plot, Tables, class_cells, tables_of, translucent, wrapped
from analysis.reading.examples import Example, class_examples

MATRIX_CLASSES = 30
"""A matrix of more cannot be read; the paths can."""
SHOWN_PATHS = 25
"""More paths cannot be told apart."""
SMALLEST = 5.0
"""Per cent of a class's clips: what is less has no path, and no number in the matrix."""
EXAMPLES = 3
"""How many of the largest confusions are shown by frames of both classes."""


def confusions_plot(report: ReportData) -> Plot:
    """Confusions at the lowest count, of TSM and of the best plain arm, and of TSM at its own count."""
    return Plot(
        name="confusions",
        title="Confusions",
        choice="of",
        reading="The share of a class's clips that the network predicts as another class: a collapse into few answers"
        " has a cause in the motion; one spread over all classes means that the network sees noise.",
        label=f"Shares of each class's clips by predicted class, of {report.plain} and of the best plain arm.",
        tables=_tables(report, _matrix_table),
        draw=_matrix,
    )


def confusion_paths_plot(report: ReportData) -> Plot:
    """The largest confusions as paths from a class to what it is taken for, of the networks of `confusions_plot`."""
    return Plot(
        name="confusion-paths",
        title="What each class is taken for",
        choice="of",
        reading="A path leads from a class, on the left, to the class that the network takes its clips for; its width"
        f" is their share. The {SHOWN_PATHS} largest confusions of at least {SMALLEST:.0f} % are drawn, right answers"
        " are left out. A class has few clips, so single paths are uncertain.",
        label=f"The largest confusions of classes, of {report.plain} at the lowest and its own count and of the best"
        " arm.",
        tables=_tables(report, largest_confusions),
        draw=partial(_paths, report),
        examples=_examples(report),
    )


def _points(comparison: Comparison) -> list[Point]:
    """Those of `class_points`, the collapsed network first."""
    points = class_points(comparison)
    return [*points[1:], *points[:1]]


def _tables(report: ReportData, select: Callable[[pd.DataFrame], pd.DataFrame]) -> Tables:
    return tables_of(report.judged, lambda comparison: _selected(comparison, report.study.record, select))


def _selected(comparison: Comparison, record: dict, select: Callable[[pd.DataFrame], pd.DataFrame]) -> Tables:
    return {
        f"{arm} at {count} frames": select(confusion_table(shares, record)).assign(arm=arm)
        for arm, count in _points(comparison)
        if (shares := confusions(comparison, arm, count)) is not None
    }


def confusion_table(shares: pd.DataFrame, record: dict) -> pd.DataFrame:
    """class, predicted, percent: every pair of classes.

    shares: per cent of each class's clips (row) by predicted class (column).
    """
    pairs = _pairs(shares)
    names = class_names(record, pairs["class"].unique())
    return pairs.assign(**{column: pairs[column].map(names) for column in ("class", "predicted")})


def _pairs(shares: pd.DataFrame) -> pd.DataFrame:
    """The rows of `confusion_table` with the classes' numbers."""
    numbers = shares.index.union(shares.columns)
    square = shares.reindex(index=numbers, columns=numbers, fill_value=0.0)
    return square.rename_axis(index="class", columns="predicted").stack().rename("percent").reset_index()


def largest_confusions(pairs: pd.DataFrame) -> pd.DataFrame:
    """The rows of all pairs to draw as paths, the largest first."""
    wrong = pairs[(pairs["class"] != pairs["predicted"]) & (pairs["percent"] >= SMALLEST)]
    return wrong.sort_values("percent", ascending=False, kind="stable")[:SHOWN_PATHS]


def _matrix_table(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs if pairs["class"].nunique() <= MATRIX_CLASSES else pairs[:0]


def _matrix(table: pd.DataFrame) -> go.Figure:
    names = table["class"].drop_duplicates().tolist()
    shares = table.pivot(index="class", columns="predicted", values="percent").loc[names, names].round(1)
    text = [[f"{share:.0f}" if share >= SMALLEST else "" for share in row] for row in shares.to_numpy()]
    shares = shares.rename(index=wrapped, columns=lambda name: name.removeprefix("class ").split(":")[0])
    figure = class_cells(shares, text, hovertemplate="%{y}<br>predicted as %{x}: %{z:.1f} %<extra></extra>")
    return figure.update_xaxes(title_text="predicted class (% of the row's clips)")


def _paths(report: ReportData, table: pd.DataFrame) -> go.Figure:
    classes, predicted = table["class"].unique().tolist(), table["predicted"].unique().tolist()
    paths = go.Sankey(
        node={
            "label": [wrapped(name) for name in (*classes, *predicted)],
            "color": GREY, "thickness": 12, "pad": 16, "hovertemplate": "%{label}<extra></extra>",
        },
        link={
            "source": table["class"].map(classes.index),
            "target": len(classes) + table["predicted"].map(predicted.index),
            "value": table["percent"],
            "color": translucent(report.looks[table["arm"].iloc[0]].color, 0.45),
            "hovertemplate": "%{source.label}<br>taken for %{target.label}: %{value:.1f} %<extra></extra>",
        },
    )  # fmt: skip
    return go.Figure(paths).update_layout(LAYOUT, height=130 + 34 * max(len(classes), len(predicted)))


def _examples(report: ReportData) -> tuple[Example, ...]:
    """Frames of both classes of the largest confusions of the first backbone's collapsed network."""
    if not report.judged or not (points := _points(report.judged[0])):
        return ()
    arm, count = points[0]
    shares = confusions(report.judged[0], arm, count)
    if shares is None:
        return ()
    pairs = _pairs(shares)
    names = class_names(report.study.record, pairs["class"].unique())
    captions: dict[int, list[str]] = {}
    for number, other, percent in largest_confusions(pairs)[:EXAMPLES].itertuples(index=False):
        captions.setdefault(number, []).append(f"{percent:.0f} % taken for {names[other]}")
        captions.setdefault(other, [])
    shown = [(number, ": ".join(filter(None, [names[number], ", ".join(said)]))) for number, said in captions.items()]
    return class_examples(report.study.folder, shown)
