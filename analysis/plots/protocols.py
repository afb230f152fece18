"""The same networks under other protocols: on frames drawn otherwise, and on more views of each video."""

from functools import partial

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from analysis.comparison.classes import class_estimates, class_names
from analysis.comparison.comparison import Comparison
from analysis.comparison.differences import difference_counts
from analysis.comparison.other_protocols import sampled_comparisons, viewed_comparisons
from analysis.comparison.ranking import is_variant, recovering_arms
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Tables, accuracy_axis, connectors, frame_count_axis, hover, styled, tables_of
from analysis.reading.roles import SEPARATED

ALL = "all classes"
EVEN = "even stride"
SHOWN = 20
"""Classes of one view: more cannot be read."""
ARM_HEIGHT, TITLE_HEIGHT = 14, 26  # pixels of a row


def sampling_plot(report: ReportData) -> Plot:
    """Top-1 of each class under both ways to draw frames, for TSM, its re-calibration, and the best other arms."""
    return Plot(
        name="sampling",
        title="What the even stride hides",
        choice="evaluated at",
        reading="In each row the arms stand in the order of the legend. Filled markers: frames at evaluation's even"
        " stride; open ones: the same network on frames drawn as the choice says. An open marker to the right of its"
        " filled one means that the stride had hidden the motion, as a wheel seems to turn backwards in a film. What"
        f" re-calibrated {report.plain} gains over {report.plain} is due to BatchNorm's statistics; a difference"
        " between arms under both ways is due to training and capacity. A class has few clips, so single rows are"
        " uncertain: hover for the 95 % intervals.",
        label=f"Accuracy of every class under two ways to draw the frames, for {report.plain} and the best arms.",
        tables=tables_of(report.judged, lambda comparison: _sampling_tables(report, comparison)),
        draw=partial(_dumbbells, report),
    )


def views_plot(report: ReportData) -> Plot:
    """Top-1 over frame counts with one view and with more, by arm."""
    return Plot(
        name="views",
        title="More views of a video",
        choice="arm",
        reading="Each line is the same network: its probabilities averaged over more clips of a video and more crops of"
        " its frames (clips × crops). Each view costs as much as the first.",
        label="Top-1 accuracy over evaluated frame counts, one line per number of views.",
        tables=tables_of(report.comparisons, lambda comparison: _views_tables(report, comparison)),
        draw=partial(_over_views, report),
    )


def _sampling_tables(report: ReportData, comparison: Comparison) -> Tables:
    return {
        f"{count} frames, {sampling}": _by_class(report, {EVEN: comparison, sampling: sampled}, count)
        for sampling, sampled in sampled_comparisons(report, comparison).items()
        for count in difference_counts(comparison)
    }


def _by_class(report: ReportData, sources: dict[str, Comparison], count: int) -> pd.DataFrame:
    """class, arm, frames (drawn how), top1, low, high: all classes first, then those that TSM gains most on."""
    comparison = sources[EVEN]
    rows = []
    for label in _shown_arms(comparison, count):
        found = {drawn: class_estimates(source, label, count) for drawn, source in sources.items()}
        if any(estimates is None for estimates in found.values()):
            continue
        for drawn, estimates in found.items():
            rows.append((ALL, label, drawn, *sources[drawn].accuracy(label, count)))
            rows += [(number, label, drawn, *estimate) for number, estimate in estimates.items()]
    table = pd.DataFrame(rows, columns=["class", "arm", "frames", "top1", "low", "high"])
    if table.empty:
        return table
    tsm = table[table["arm"] == table["arm"].iloc[0]].pivot(index="class", columns="frames", values="top1")
    gain = (tsm.drop(columns=EVEN).squeeze(axis="columns") - tsm[EVEN]).drop(ALL)
    shown = [ALL, *gain.sort_index().sort_values(ascending=False, kind="stable").index[:SHOWN]]
    names = class_names(report.study.record, shown[1:]) | {ALL: ALL}
    table = table[table["class"].isin(shown)]
    table = table.sort_values("class", key=lambda numbers: numbers.map(shown.index), kind="stable")
    return table.assign(**{"class": table["class"].map(names)})


def _shown_arms(comparison: Comparison, count: int) -> list[str]:
    """TSM, its re-calibration, Separated Training at the count, the best plain arm and the best variant."""
    recovering = recovering_arms(comparison)
    recalibrated = [label for label in recovering if comparison.arm(label)["adaptation"]]
    trained = [label for label in recovering if label not in recalibrated]
    plain = [label for label in trained if not is_variant(comparison, label)]
    variants = [label for label in trained if is_variant(comparison, label)]
    separated = [label for label in comparison.arms if comparison.arm(label)["role"] == SEPARATED
                 and comparison.arm(label)["train_frames"] == str(count)]  # fmt: skip
    chosen = [comparison.baseline, *recalibrated[:1], *separated, *plain[:1], *variants[:1]]
    return [label for label in chosen if label in comparison.arms_at(count)]


def _dumbbells(report: ReportData, table: pd.DataFrame) -> go.Figure:
    names, arms = table["class"].drop_duplicates().tolist(), table["arm"].drop_duplicates().tolist()
    height = TITLE_HEIGHT + ARM_HEIGHT * len(arms)
    place = -height * table["class"].map(names.index) - TITLE_HEIGHT - ARM_HEIGHT * table["arm"].map(arms.index)
    figure = go.Figure()
    for arm, rows in table.assign(place=place).groupby("arm", sort=False):
        look = report.looks[arm]
        ends = rows.pivot(index="place", columns="frames", values="top1")
        figure.add_trace(connectors(ends, *ends.columns, ends.index, look.color, 1))
        for drawn, points in rows.groupby("frames", sort=False):
            figure.add_scatter(
                x=points["top1"], y=points["place"], name=arm, legendgroup=arm, mode="markers",
                showlegend=drawn == EVEN,
                marker={"color": look.color, "symbol": look.symbol + "-open" * (drawn != EVEN), "size": 9},
                customdata=list(zip(points["class"] + f", {drawn}", points["low"], points["high"])),
                hovertemplate="%{customdata[0]}<br>%{fullData.name}: %{x:.1f} %"
                " (%{customdata[1]:.1f} to %{customdata[2]:.1f})<extra></extra>",
            )  # fmt: skip
    figure.add_scatter(
        x=[-2] * len(names), y=[-height * row - TITLE_HEIGHT / 2 for row in range(len(names))], text=names,
        mode="text", textposition="middle right", textfont_size=12, showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    styled(figure, height=150 + height * len(names))
    figure.update_yaxes(visible=False, range=[-height * len(names) - ARM_HEIGHT / 2, 0])
    return figure.update_xaxes(title_text="clips that are right (%)", range=[-3, 103], showgrid=True)


def _views_tables(report: ReportData, comparison: Comparison) -> Tables:
    """Per arm: views, frames, top1, mean over seeds; none for a study of one number of views."""
    others = viewed_comparisons(report, comparison)
    if not others:
        return {}
    rows = pd.concat([comparison.rows, *(other.rows for other in others.values())])
    rows = rows.rename(columns={"eval_frames": "frames"})
    means = rows.groupby(["arm", "views", "frames"], as_index=False)["top1"].mean()
    return {arm: means[means["arm"] == arm] for arm in comparison.arms}


def _over_views(report: ReportData, table: pd.DataFrame) -> go.Figure:
    figure = px.line(
        table, x="frames", y="top1", line_dash="views", symbol="views", markers=True, hover_data=hover(table)
    )
    figure.update_traces(line_color=report.looks[table["arm"].iloc[0]].color, marker_size=9)
    return accuracy_axis(frame_count_axis(styled(figure), table["frames"], "× clips × crops"))
