"""What training did: accuracy and loss over epochs, and the frame counts that the schedules trained in them."""

import math
from functools import partial

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Tables, band, styled, tables_of
from analysis.reading.arms import label_arms, order_arms, with_settings
from analysis.reading.configuration import trained_by
from analysis.reading.roles import SYMBOLS, role_look
from analysis.reading.tables import Study, learning_curves

PANELS = {"top1": "top-1 (%)", "loss": "loss"}
CURVE_SYMBOLS = (*SYMBOLS, *(f"{symbol}-open" for symbol in SYMBOLS))
SHOWN_CURVES = len(CURVE_SYMBOLS)
"""No more than can be told apart where all have one colour."""
CURVE = ["arm", "role", "lr", "setting"]
"""What the seeds of one curve share."""
SHOWN_MARKERS = 12
"""Of a curve: one per epoch would hide each other."""
LANE_HEIGHT, TITLE_HEIGHT = 20, 34


def learning_curves_plot(report: ReportData) -> Plot:
    """One line per arm and setting and frame count, mean over seeds; of very many the best on validation."""
    settings = _trained_settings(report)
    shown = settings[settings["place"] < SHOWN_CURVES]
    hidden = settings["place"].nunique() - shown["place"].nunique()
    left_out = (
        f" Shown are the {SHOWN_CURVES} settings that validate best; {hidden:,} more were trained." if hidden else ""
    )
    return Plot(
        name="learning-curves",
        title="Learning curves",
        choice="accuracy at",
        reading="Solid lines with markers are validation, dotted lines training, bands the range of the seeds. A wide"
        " distance between the two lines is overfitting; a line still rising at its end needs more epochs." + left_out,
        label="Top-1 accuracy and loss over epochs of every arm and setting, for training and validation.",
        tables=_curves(report, shown),
        draw=_panels,
    )


def schedules_plot(report: ReportData) -> Plot:
    """Frames over epochs of every arm's schedule, as study.json resolves it."""
    return Plot(
        name="schedules",
        title="Frame schedules",
        choice="backbone",
        reading="A line is a frame count that is trained in those epochs: opaque where every step trains it, fainter"
        " where a smaller share of the steps draws it. Hover for the share.",
        label="Trained frame counts over epochs, one panel per arm.",
        tables=tables_of(report.comparisons, lambda comparison: {"": _schedules(report.study, comparison)}),
        draw=partial(_lanes, report),
    )


def _trained_settings(report: ReportData) -> pd.DataFrame:
    """arm, role, lr, setting, seed of every trial with epochs, and place: its setting's rank, the chosen ones first."""
    study = report.study
    columns = ["trial", "method", "variant", "train_frames", "lr", "seed"]
    trials = with_settings(study.trials[columns].drop_duplicates("trial"), study.trials)
    trials = label_arms(trials[trials["trial"].isin(study.epochs["trial"])], report.results.highest_tsm)
    evaluations = report.results.evaluations
    chosen = trials["trial"].isin(evaluations.loc[evaluations["chosen"], "trial"])
    scored = trials.assign(chosen=chosen, score=trials["trial"].map(report.results.validation_scores).astype(float))
    ranks = scored.groupby(CURVE, dropna=False).agg(chosen=("chosen", "max"), score=("score", "mean"))
    ranks = ranks.sort_values(["chosen", "score"], ascending=False, kind="stable")
    return scored.merge(ranks.assign(place=range(len(ranks)))["place"].reset_index(), on=CURVE, how="left")


def _curves(report: ReportData, shown: pd.DataFrame) -> Tables:
    """Per frame count: arm, role, lr, setting, metric, split, epoch, and mean, min, max and count of the seeds."""
    epochs = report.study.epochs
    curves = learning_curves(epochs[epochs["trial"].isin(shown["trial"])]).merge(shown, on="trial")
    keys = [*CURVE, "metric", "split", "epoch"]
    return {
        f"{count} frames": rows.groupby(keys, dropna=False, as_index=False)["value"]
        .agg(["mean", "min", "max", "count"])
        .sort_values("arm", key=lambda arms: arms.map(order_arms(shown).index), kind="stable")
        .round(4)
        for count, rows in curves.groupby("frames", sort=True)
    }


def _panels(table: pd.DataFrame) -> go.Figure:
    figure = make_subplots(rows=len(PANELS), cols=1, shared_xaxes=True, vertical_spacing=0.06)
    several_rates, of_color, named = table["lr"].nunique() > 1, {}, set()
    for (arm, role, rate, setting), of_setting in table.groupby(CURVE, dropna=False, sort=False):
        name = ", ".join(filter(None, [arm, f"rate {rate:g}" if several_rates else "", setting]))
        color = role_look(role).color
        place = of_color[color] = of_color.get(color, -1) + 1
        for (metric, split), line in of_setting.groupby(["metric", "split"]):
            traces = _line(line, name, color, CURVE_SYMBOLS[place], is_validation=split == "validation")
            row = list(PANELS).index(metric) + 1
            figure.add_traces(traces, rows=[row] * len(traces), cols=[1] * len(traces))
    for trace in figure.select_traces({"showlegend": True}):  # both panels have it; the legend shows it once
        trace.showlegend = trace.name not in named
        named.add(trace.name)
    styled(figure, height=640).update_yaxes(title_text=PANELS["top1"], range=[0, 105], row=1)
    figure.update_yaxes(title_text=PANELS["loss"], rangemode="tozero", row=2).update_xaxes(title_text="epoch", row=2)
    return figure.update_xaxes(dtick=math.ceil(table["epoch"].max() / 10))


def _line(line: pd.DataFrame, name: str, color: str, symbol: str, *, is_validation: bool) -> list[go.Scatter]:
    curve = go.Scatter(
        x=line["epoch"],
        y=line["mean"],
        name=name if is_validation else f"{name}, training",
        legendgroup=name,
        mode="lines+markers" if is_validation else "lines",
        showlegend=is_validation,
        line={"color": color, "width": 2 if is_validation else 1.5, "dash": "solid" if is_validation else "dot"},
        marker={"symbol": symbol, "size": 7, "maxdisplayed": SHOWN_MARKERS},
        hovertemplate="%{fullData.name}<br>epoch %{x}: %{y:.3f}<extra></extra>",
    )
    if not is_validation or line["count"].max() < 2:
        return [curve]
    seeds = band(line["epoch"], line["min"], line["max"], color, 0.13, name=name, legendgroup=name, showlegend=False)
    return [seeds, curve]


def phase_shares(phase: dict) -> dict[int, float]:
    """Per frame count the share of a phase's steps that train it."""
    sets = phase["frame_sets"]
    probabilities = phase.get("probabilities") or [1 / len(sets)] * len(sets)
    shares: dict[int, float] = {}
    for counts, probability in zip(sets, probabilities):
        for count in counts:
            shares[count] = shares.get(count, 0.0) + probability
    return shares


def _schedules(study: Study, comparison: Comparison) -> pd.DataFrame:
    """arm, frames, begin and end in epochs, share of the steps: of each arm's first chosen trial."""
    configured, rows = trained_by(study.record), []
    for label in comparison.arms:
        arm = comparison.arm(label)
        training = {} if arm["adaptation"] else configured.get(arm["trial"], {})
        phases, begin = (training.get("schedule") or {}).get("phases") or [], 0.0
        for phase in phases:
            end = begin + phase["share"] / sum(other["share"] for other in phases) * training["epochs"]
            rows += [(label, count, begin, end, share) for count, share in phase_shares(phase).items()]
            begin = end
    return pd.DataFrame(rows, columns=["arm", "frames", "begin", "end", "share"])


def _lanes(report: ReportData, table: pd.DataFrame) -> go.Figure:
    lanes = table.groupby("arm", sort=False)["frames"].unique().map(sorted)
    heights = lanes.map(len).tolist()
    height = LANE_HEIGHT * sum(heights) + TITLE_HEIGHT * len(lanes)
    figure = make_subplots(
        rows=len(lanes), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=TITLE_HEIGHT / height,
        subplot_titles=list(lanes.index),
    )  # fmt: skip
    styled(figure, height=height + 90)
    for row, (arm, counts) in enumerate(lanes.items(), start=1):
        for lane in table[table["arm"] == arm].itertuples():
            figure.add_trace(_lane(lane, report.looks[arm].color), row=row, col=1)
        names = list(map(str, counts))
        figure.update_yaxes(type="category", categoryarray=names, range=[-0.5, len(names) - 0.5], row=row)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    return figure.update_layout(showlegend=False).update_xaxes(title_text="epoch", row=len(lanes))


def _lane(lane, color: str) -> go.Scatter:
    return go.Scatter(
        x=[lane.begin, lane.end],
        y=[str(lane.frames)] * 2,
        name=f"{lane.frames} frames in {100 * lane.share:.0f} % of the steps",
        mode="lines",
        line={"color": color, "width": 7},
        opacity=0.2 + 0.8 * lane.share,
        hovertemplate="%{fullData.name}, epochs " + f"{lane.begin:.3g} to {lane.end:.3g}<extra></extra>",
    )
