"""What training did: accuracy and loss over epochs, for training and validation."""

import math

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Views, new_figure, style_axes, translucent
from analysis.reading.arms import label_arms, order_arms, with_settings
from analysis.reading.roles import role_look
from analysis.reading.tables import learning_curves

SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "triangle-down")
CURVE_METRICS = ("top1", "loss")
SHOWN_CURVES = 24
CURVE = ["arm", "role", "lr", "setting"]
"""What the seeds of one curve share."""


def learning_curves_plot(report: ReportData) -> Plot:
    """One line per arm and setting and frame count, mean over seeds; of very many the best on validation."""
    names = _trained_settings(report)
    shown = names[names["place"] < SHOWN_CURVES]
    hidden = names["place"].nunique() - shown["place"].nunique()
    left_out = (
        f" Shown are the {SHOWN_CURVES} settings that validate best; {hidden:,} more were trained." if hidden else ""
    )
    return Plot(
        name="learning-curves",
        title="Learning curves",
        choice="accuracy at",
        reading="Solid lines with markers are validation, dotted lines training, bands the range of the seeds; a wide"
        " distance between the two lines is overfitting, a line still rising at its end wants more epochs." + left_out,
        label="Top-1 accuracy and loss over epochs of every arm and setting, for training and validation.",
        views=_views(report, shown),
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


def _views(report: ReportData, shown: pd.DataFrame) -> Views:
    epochs = report.study.epochs
    curves = learning_curves(epochs[epochs["trial"].isin(shown["trial"])])
    lines = (
        curves.merge(shown, on="trial")
        .groupby([*CURVE, "frames", "split", "metric", "epoch"], dropna=False, as_index=False)["value"]
        .agg(["mean", "min", "max", "count"])
    )
    order = order_arms(shown)
    return {f"{count} frames": _figure(rows, order) for count, rows in lines.groupby("frames", sort=True)}


def _figure(rows: pd.DataFrame, order: list[str]) -> go.Figure:
    figure = make_subplots(
        rows=len(CURVE_METRICS), cols=1, shared_xaxes=True, vertical_spacing=0.06, figure=new_figure(height=640)
    )
    several_rates = rows["lr"].nunique() > 1
    of_role: dict[str, int] = {}
    for arm in order:
        for (_, role, rate, setting), of_setting in rows[rows["arm"] == arm].groupby(CURVE, dropna=False):
            name = ", ".join(filter(None, [arm, f"rate {rate:g}" if several_rates else "", setting]))
            place = of_role[role] = of_role.get(role, -1) + 1
            symbol = SYMBOLS[place % len(SYMBOLS)]
            for (split, metric), line in of_setting.groupby(["split", "metric"]):
                traces = _traces(line, name, symbol, is_validation=split == "validation")
                row = CURVE_METRICS.index(metric) + 1
                figure.add_traces(traces, rows=[row] * len(traces), cols=[1] * len(traces))
    figure.update_yaxes(title_text="top-1 (%)", range=[0, 105], row=1)
    figure.update_yaxes(title_text="loss", rangemode="tozero", row=2).update_xaxes(title_text="epoch", row=2)
    figure.update_xaxes(dtick=math.ceil(rows["epoch"].max() / 10))
    return style_axes(_name_each_once(figure))


def _traces(line: pd.DataFrame, name: str, symbol: str, *, is_validation: bool) -> list[go.Scatter]:
    color = role_look(line["role"].iloc[0]).color
    curve = go.Scatter(
        x=line["epoch"].tolist(),
        y=_rounded(line["mean"]),
        name=name if is_validation else f"{name}, training",
        legendgroup=name,
        mode="lines+markers" if is_validation else "lines",
        showlegend=is_validation,
        line={"color": color, "width": 2 if is_validation else 1.5, "dash": "solid" if is_validation else "dot"},
        marker={"symbol": symbol, "size": 6},
        hovertemplate="%{fullData.name}<br>epoch %{x}: %{y:.3f}<extra></extra>",
    )
    return [_range_of_seeds(line, name, color), curve] if is_validation and line["count"].max() > 1 else [curve]


def _range_of_seeds(line: pd.DataFrame, name: str, color: str) -> go.Scatter:
    epochs = line["epoch"].tolist()
    return go.Scatter(
        x=epochs + epochs[::-1],
        y=_rounded(line["max"]) + _rounded(line["min"])[::-1],
        name=name,
        legendgroup=name,
        mode="lines",
        fill="toself",
        fillcolor=translucent(color, 0.13),
        line={"width": 0, "color": color},
        showlegend=False,
        hoverinfo="skip",
    )


def _rounded(values: pd.Series) -> list[float]:
    return [round(value, 4) for value in values.tolist()]


def _name_each_once(figure: go.Figure) -> go.Figure:
    """Panels share a name; the legend shows it once."""
    named = set()
    for trace in figure.select_traces({"showlegend": True}):
        trace.showlegend = trace.name not in named
        named.add(trace.name)
    return figure
