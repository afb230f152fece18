"""Accuracy over evaluated frame counts: the collapse of TSM, and the methods that recover it."""

from functools import partial

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.ranking import better_variant, is_variant
from analysis.comparison.report_data import ReportData
from analysis.plots.style import (
    INK,
    Plot,
    accuracy_axis,
    band,
    curves,
    frame_count_axis,
    hover,
    styled,
    tables_of,
)
from analysis.reading.roles import SEPARATED, distinct_looks, role_look
from analysis.wording.published_comparison import published_of
from analysis.wording.summary import findings, headline
from study.results.published import PAPER

MEAN, PUBLISHED = "mean", "published"
EACH = f"{role_look(SEPARATED).label} (each at its own count)"
PUBLISHED_EACH = f"{role_look(SEPARATED).label}, published"


def collapse_plot(report: ReportData) -> Plot:
    """TSM trained at the highest count over the counts it is evaluated at, with its 95 % interval."""
    return Plot(
        name="collapse",
        title="The collapse",
        choice="backbone",
        reading="A network trained at one frame count is evaluated at others: the further the line drops below its"
        " value at the dotted line, the worse the collapse; the band is the 95 % interval.",
        label=" ".join(findings(comparison, report.protocol)[0] for comparison in report.judged),
        tables=tables_of(report.judged, lambda comparison: {"": _accuracies(comparison, [comparison.baseline])}),
        draw=partial(_collapse, report),
    )


def recovery_plot(report: ReportData) -> Plot:
    """Every arm over its evaluated counts; Separated Training as one marker per network, at its own count.

    Variants of an arm, but for one that recovers better, are in the legend, and hidden until they are chosen there.
    """
    tables = tables_of(report.comparisons, lambda comparison: {"": _recoveries(report, comparison)})
    reading = (
        "Diamonds are Separated Training, one network per frame count: the nearer a line passes to them, the more of"
        " the collapse it recovers. Bars are 95 % intervals."
    )
    if _hidden(report):
        reading += " A grey name in the legend is a variant that is hidden: a click on it shows or hides a line."
    if any((table["seed"] == PUBLISHED).any() for table in tables.values()):
        reading += f" Open markers are the published figures ({PAPER}, the same data and protocol)."
    return Plot(
        name="recovery",
        title="The recovery",
        choice="backbone",
        reading=reading,
        label=" ".join(headline(comparison, report.protocol) for comparison in report.comparisons),
        tables=tables,
        draw=partial(_recovery, report),
    )


def _accuracies(comparison: Comparison, labels: list[str]) -> pd.DataFrame:
    """arm, train_frames, seed, frames, top1, low, high: the mean with its interval, and each of several seeds."""
    means = [
        (label, MEAN, count, *comparison.accuracy(label, count))
        for label in labels
        for count in comparison.evaluated_counts(label)
    ]
    rows = comparison.rows[comparison.rows["arm"].isin(labels)]
    rows = rows[rows.groupby("arm")["seed"].transform("nunique") > 1]
    seeds = [(row.arm, f"{row.seed:g}", row.eval_frames, row.top1, np.nan, np.nan) for row in rows.itertuples()]
    table = pd.DataFrame([*means, *seeds], columns=["arm", "seed", "frames", "top1", "low", "high"])
    table.insert(1, "train_frames", [comparison.arm(label)["train_frames"] for label in table["arm"]])
    return table


def _recoveries(report: ReportData, comparison: Comparison) -> pd.DataFrame:
    """`_accuracies` of all arms, with the legend's text as curve; Separated Training only at its own counts."""
    table = _accuracies(comparison, comparison.arms)
    table.insert(0, "curve", [_curve(comparison, label) for label in table["arm"]])
    is_separated = table["curve"].str.startswith(EACH)
    own = table[~is_separated | (table["train_frames"] == table["frames"].astype(int).astype(str))]
    return pd.concat([own.sort_values("curve", key=lambda names: names.str.startswith(EACH), kind="stable"),
                      _published(report, comparison)])  # fmt: skip


def _hidden(report: ReportData) -> list[str]:
    """The variants, but for one that recovers better than every plain arm."""
    return [
        arm
        for comparison in report.comparisons
        for arm in comparison.arms
        if is_variant(comparison, arm) and arm != better_variant(comparison)
    ]


def _curve(comparison: Comparison, label: str) -> str:
    """What the legend calls the arm: the networks of Separated Training have one name, with that of their variant."""
    arm = comparison.arm(label)
    return ", ".join(filter(None, [EACH, arm["variant"]])) if arm["role"] == SEPARATED else label


def _published(report: ReportData, comparison: Comparison) -> pd.DataFrame:
    """The paper's figures of the study's arms, where data and protocol agree."""
    rows = []
    for label in [] if report.measurement.disagreement else comparison.arms:
        separated = comparison.arm(label)["role"] == SEPARATED
        curve = PUBLISHED_EACH if separated else f"{label}, published"
        figures = published_of(report, comparison, label)
        rows += [(curve, label, PUBLISHED, count, top1) for count, top1 in figures.items()]
    return pd.DataFrame(rows, columns=["curve", "arm", "seed", "frames", "top1"]).drop_duplicates(["curve", "frames"])


def _collapse(report: ReportData, table: pd.DataFrame) -> go.Figure:
    mean, trained = table[table["seed"] == MEAN], int(table["train_frames"].iloc[0])
    (curve,) = curves(mean, report.looks, x="frames", y="top1")
    curve.update(
        mode="lines+markers+text", text=mean["top1"].map("{:.1f}".format), textfont_size=12, error_y=None,
        textposition=["top center"] + ["top left"] * (len(mean) - 1), cliponaxis=False,
    )  # fmt: skip
    interval = band(mean["frames"], mean["low"], mean["high"], curve.line.color, 0.18, name="95 % interval")
    figure = styled(go.Figure([interval, curve, *_seeds(table, report, "arm")]))
    figure.add_vline(x=trained, line={"dash": "dot", "width": 1, "color": INK})
    figure.add_annotation(
        x=np.log10(trained), y=3, text=f"trained at {trained}", showarrow=False, xanchor="right", xshift=-6
    )
    return accuracy_axis(frame_count_axis(figure, table["frames"], report.protocol.views))


def _recovery(report: ReportData, table: pd.DataFrame) -> go.Figure:
    each = [name for name in table["curve"].unique() if name.startswith(EACH)]
    looks = report.looks | distinct_looks(dict.fromkeys(each, SEPARATED)) | {PUBLISHED_EACH: role_look(SEPARATED)}
    lines = curves(table[table["seed"] == MEAN], looks, x="frames", y="top1", of="curve")
    figure = styled(go.Figure([*lines, *_seeds(table, report, "curve")]), height=520)
    figure.update_traces(
        {"mode": "markers", "marker.size": 12}, lambda trace: trace.name in each and bool(trace.showlegend)
    )
    hidden = {*table["curve"][table["arm"].isin(_hidden(report))]}
    figure.for_each_trace(lambda trace: trace.update(visible="legendonly" if trace.name in hidden else True))
    for curve, rows in table[table["seed"] == PUBLISHED].groupby("curve", sort=False):
        look = looks.get(curve) or looks[rows["arm"].iloc[0]]
        (markers,) = px.scatter(rows, x="frames", y="top1", color="curve", hover_data=hover(rows)).data
        markers.marker = {"symbol": f"{look.symbol}-open", "size": 14, "color": look.color, "line": {"width": 2}}
        figure.add_trace(markers)
    return accuracy_axis(frame_count_axis(figure, table["frames"], report.protocol.views))


def _seeds(table: pd.DataFrame, report: ReportData, of: str) -> list[go.Scatter]:
    """A faint point per seed, beside the curve of the mean."""
    rows = table[~table["seed"].isin([MEAN, PUBLISHED])]
    colors = {name: report.looks[arm].color for name, arm in zip(rows[of], rows["arm"])}
    points = px.scatter(rows, x="frames", y="top1", color=of, color_discrete_map=colors, hover_data=hover(rows))
    points.update_traces(marker={"size": 5, "opacity": 0.55}, showlegend=False)
    return list(points.data) if len(rows) else []
