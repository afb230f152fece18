"""What training did: accuracy by learning rate and frame set, and the learning curves of every trial."""

import math

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.arms import label_arms, order_arms, role_look, with_settings
from analysis.plot_style import new_figure, style_axes
from analysis.selection import Results
from analysis.tables import Study, learning_curves

LEARNING_RATE_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "triangle-down")
CURVE_METRICS = ("top1", "loss")


def heat_map_views(results: Results, first: int | None) -> dict[str, go.Figure]:
    """Top-1 by arm and learning rate, one figure per evaluated frame count; `first` is the count shown first."""
    counts = sorted(results.shown["eval_frames"].astype(int).unique(), key=lambda count: (count != first, count))
    return {f"{count} frames": _heat_map(results.shown[results.shown["eval_frames"] == count]) for count in counts}


def learning_curve_views(study: Study, highest_tsm: dict[str, int]) -> dict[str, go.Figure]:
    """Top-1 and loss over epochs, one figure per frame count that a trial logs, one line per trial and split."""
    curves = with_settings(learning_curves(study.epochs), study.trials)
    names = study.trials[["trial", "method", "variant", "train_frames", "lr", "seed"]].drop_duplicates("trial")
    curves = curves.merge(names, on="trial", how="inner")
    labelled = label_arms(curves, highest_tsm)
    return {f"{count} frames": _learning_curves(rows) for count, rows in labelled.groupby("frames", sort=True)}


def _heat_map(rows: pd.DataFrame) -> go.Figure:
    arms, rates = order_arms(rows), sorted(rows["lr"].unique())
    top1 = rows.pivot_table(index="arm", columns="lr", values="top1", aggfunc="mean").reindex(index=arms, columns=rates)
    chosen = rows[rows["chosen"]].groupby("arm")["lr"].first()
    text = [[_cell_text(top1.loc[arm, rate], chosen.get(arm) == rate) for rate in rates] for arm in arms]
    figure = new_figure(height=120 + 52 * len(arms)).add_trace(
        go.Heatmap(
            z=top1.to_numpy().tolist(),
            x=[f"{rate:g}" for rate in rates],
            y=arms,
            text=text,
            texttemplate="%{text}",
            colorscale="Cividis",
            zmin=0,
            zmax=100,
            xgap=3,
            ygap=3,
            showscale=False,
            hoverongaps=False,
            hovertemplate="%{y}<br>learning rate %{x}: %{z:.2f} %<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", title_text="learning rate", showline=False)
    return figure.update_yaxes(autorange="reversed", showgrid=False)


def _cell_text(top1: float, is_chosen: bool) -> str:
    if pd.isna(top1):
        return ""
    return f"<b>{top1:.1f} ✓</b>" if is_chosen else f"{top1:.1f}"


def _learning_curves(rows: pd.DataFrame) -> go.Figure:
    figure = make_subplots(
        rows=len(CURVE_METRICS), cols=1, shared_xaxes=True, vertical_spacing=0.06, figure=new_figure(height=640)
    )
    rates = sorted(rows["lr"].unique())
    for arm in order_arms(rows):
        for (rate, *_), lines in rows[rows["arm"] == arm].groupby(["lr", "seed"]):
            symbol = LEARNING_RATE_SYMBOLS[rates.index(rate) % len(LEARNING_RATE_SYMBOLS)]
            for (split, metric), line in lines.groupby(["split", "metric"]):
                row = CURVE_METRICS.index(metric) + 1
                figure.add_trace(_learning_curve(line, split == "validation", symbol), row=row, col=1)
    figure.update_yaxes(title_text="top-1 (%)", range=[0, 105], row=1)
    figure.update_yaxes(title_text="loss", rangemode="tozero", row=2).update_xaxes(title_text="epoch", row=2)
    figure.update_xaxes(dtick=math.ceil(rows["epoch"].max() / 10))
    return style_axes(_name_each_once(figure))


def _learning_curve(line: pd.DataFrame, is_validation: bool, symbol: str) -> go.Scatter:
    first = line.iloc[0]
    name = f"{first['arm']}, rate {first['lr']:g}"
    return go.Scatter(
        x=line["epoch"].tolist(),
        y=line["value"].tolist(),
        name=name,
        legendgroup=name,
        mode="lines+markers" if is_validation else "lines",
        showlegend=is_validation,
        line={
            "color": role_look(first["role"]).color,
            "width": 2 if is_validation else 1.5,
            "dash": "solid" if is_validation else "dot",
        },
        marker={"symbol": symbol, "size": 6},
        hovertemplate=f"{name}, seed {first['seed']:g}<br>epoch %{{x}}: %{{y:.3f}}<extra></extra>",
    )


def _name_each_once(figure: go.Figure) -> go.Figure:
    """Seeds and panels share a name; the legend shows it once."""
    named = set()
    for trace in figure.select_traces({"showlegend": True}):
        trace.showlegend = trace.name not in named
        named.add(trace.name)
    return figure
