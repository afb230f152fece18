"""What accuracy costs: multiply-adds per clip in use, and speed, memory and time in training."""

from functools import partial
from math import ceil, floor, log10

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.plots.style import (
    GREY,
    Plot,
    Tables,
    accuracy_axis,
    category_rows,
    curves,
    styled,
    tables_of,
    wrapped,
)
from analysis.reading.benchmarks import number
from analysis.reading.roles import SEPARATED
from analysis.reading.tables import Study

MEASURES = {
    "clips_per_second": "clips per second",
    "memory": "peak memory (GB)",
    "minutes": "minutes per trial",
}
MACHINE_WIDTH = 36  # characters of a line
ROW_HEIGHT, VARIED_ROW_HEIGHT = 26, 54  # pixels


def cost_plot(report: ReportData) -> Plot:
    """Top-1 of every arm over its multiply-adds per clip, with the frontier of the points that none dominates."""
    return Plot(
        name="cost",
        title="Accuracy over cost",
        choice="backbone",
        reading="Further left is cheaper, higher is better: a point below the dotted frontier is beaten by one that"
        " costs no more. A line is one trained network at several frame counts; Separated Training needs a separate"
        " network for each of its points.",
        label="Top-1 accuracy of every arm over multiply-adds per clip; the table of all results holds its numbers.",
        tables=tables_of(report.comparisons, lambda comparison: {"": _costs_in_use(comparison)}),
        draw=partial(_accuracy_over_cost, report),
    )


def throughput_plot(report: ReportData) -> Plot:
    """Clips per second, peak memory and minutes of the arms at their chosen settings, mean over seeds."""
    tables = tables_of(report.comparisons, lambda comparison: _costs_of_training(report.study, comparison))
    return Plot(
        name="throughput",
        title="Speed, memory and time",
        choice="measure",
        reading="One bar is one arm, mean over seeds; speed is the median over epochs. A clip of FFN is trained at"
        " several frame counts, so compare its speed by frames, not by clips; trials that share a machine slow each"
        f" other down.{_of_machines(tables)}",
        label="Training speed, peak memory and time of every arm; the table of trials holds the numbers.",
        tables=tables,
        draw=partial(_bars, report),
    )


def _costs_in_use(comparison: Comparison) -> pd.DataFrame:
    """arm, frames, gmacs, top1, mean over seeds, and whether the frontier passes through the point.

    Separated Training stands at its own counts only.
    """
    rows = comparison.rows[comparison.rows["gmacs_per_clip"] > 0]
    own = rows["train_frames"] == rows["eval_frames"].astype(int).astype(str)
    rows = rows[(rows["role"] != SEPARATED) | own].rename(columns={"eval_frames": "frames"})
    points = rows.groupby(["arm", "frames"], as_index=False).agg(
        gmacs=("gmacs_per_clip", "mean"), top1=("top1", "mean")
    )
    points = points.sort_values("arm", key=lambda arms: arms.map(comparison.arms.index), kind="stable")
    rising = points.sort_values(["gmacs", "top1"], ascending=[True, False])["top1"]
    return points.assign(frontier=(rising > rising.cummax().shift(fill_value=-1)).reindex(points.index))


def _accuracy_over_cost(report: ReportData, points: pd.DataFrame) -> go.Figure:
    best = points[points["frontier"]].sort_values("gmacs")
    frontier = go.Scatter(
        x=best["gmacs"], y=best["top1"], name="frontier", mode="lines", hoverinfo="skip",
        line={"color": GREY, "width": 1.5, "dash": "dot", "shape": "hv"},
    )  # fmt: skip
    lines = curves(points, report.looks, x="gmacs", y="top1")
    figure = accuracy_axis(styled(go.Figure([frontier, *lines]), height=480))
    ticks = _round_numbers(points["gmacs"].min(), points["gmacs"].max())
    return figure.update_xaxes(
        type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks], title_text="10⁹ multiply-adds per clip"
    )


def _round_numbers(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... around a range above 0."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    return [factor * 10.0**power for power in powers for factor in (1, 2, 5)]


def _costs_of_training(study: Study, comparison: Comparison) -> Tables:
    """By measure: arm, machine, and the mean over the seeds that trained there, of the arms of which it is known."""
    trials = study.trials.drop_duplicates("trial").set_index("trial")
    own = comparison.rows[comparison.rows["adaptation"] == ""]
    chosen = own.drop_duplicates(["arm", "trial"]).set_index("trial")[["arm"]]
    measured = chosen.assign(
        clips_per_second=study.epochs.groupby("trial")["clips_per_second"].median(),
        memory=trials["peak_memory_mb"] / 1000,
        minutes=trials["seconds"] / 60,
        machine=trials["machine"],
    )
    measured = measured.fillna({"machine": ""}).astype(dict.fromkeys(MEASURES, float))
    means = measured.groupby(["arm", "machine"], as_index=False).mean().rename(columns=MEASURES)
    means = means.sort_values("arm", key=lambda arms: arms.map(comparison.arms.index), kind="stable")
    return {title: means[["arm", "machine", title]].dropna() for title in MEASURES.values()}


def _of_machines(tables: Tables) -> str:
    if not any(_vary(table) for table in tables.values()):
        return ""
    return " Below an arm's name is the machine: only bars of one machine can be compared, also in memory."


def _vary(table: pd.DataFrame) -> bool:
    return table["machine"].nunique() > 1


def _row_names(table: pd.DataFrame) -> list[str]:
    """The arms, and below each its machine where the machines vary."""
    if not _vary(table):
        return table["arm"].tolist()
    machines = table["machine"].replace("", "unknown machine").map(partial(wrapped, width=MACHINE_WIDTH))
    return [f"{arm}<br><span style='font-size:11px'>{machine}</span>" for arm, machine in zip(table["arm"], machines)]


def _bars(report: ReportData, table: pd.DataFrame) -> go.Figure:
    title, rows = table.columns[-1], _row_names(table)
    figure = styled(px.bar(table, x=title, y=rows, text=table[title].map(number)))
    colors = [report.looks[arm].color for arm in table["arm"]]
    figure.update_traces(marker_color=colors, textposition="outside", cliponaxis=False)
    height = VARIED_ROW_HEIGHT if _vary(table) else ROW_HEIGHT
    return category_rows(figure, rows, row_height=height).update_xaxes(range=[0, 1.2 * table[title].max()])
