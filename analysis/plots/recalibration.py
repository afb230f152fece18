"""What new BatchNorm statistics alone bring back of the collapse, and what they leave."""

import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Views, accuracy_axis, new_figure, views_of
from analysis.reading.roles import RECALIBRATED_TSM, role_look

PALE = "#B8BCC0"


def recalibration_plot(report: ReportData) -> Plot:
    """The baseline's accuracy below its own count, what re-calibration adds, and what is left to full recovery."""
    return Plot(
        name="recalibration",
        title="What re-calibration closes, and what is left",
        choice="backbone",
        reading="The lower part is TSM as trained, the middle part what recomputed BatchNorm statistics add without any"
        " training, the upper part what they leave to Separated Training, or to TSM at its own count where none was"
        " trained.",
        label="Stacked bars per frame count: accuracy of TSM, gain of re-calibration, and the remaining gap.",
        views=views_of(report.judged, _views),
    )


def _views(comparison: Comparison) -> Views:
    base = comparison.arm(comparison.baseline)
    label = next(
        (arm for arm in comparison.arms if comparison.arm(arm)["role"] == RECALIBRATED_TSM
         and comparison.arm(arm)["train_frames"] == base["train_frames"]), None)  # fmt: skip
    counts = [count for count in comparison.counts_below_highest() if label in comparison.arms_at(count)]
    if label is None or not counts:
        return {}
    figure = accuracy_axis(new_figure()).add_traces(_bars(comparison, label, counts))
    figure.update_layout(barmode="overlay", bargap=0.35, uniformtext={"minsize": 10, "mode": "hide"})
    return {"": figure.update_xaxes(type="category", title_text="frames evaluated")}


def _bars(comparison: Comparison, label: str, counts: list[int]) -> list[go.Bar]:
    as_trained = [_mean(comparison, comparison.baseline, count) for count in counts]
    adapted = [_mean(comparison, label, count) for count in counts]
    references = [comparison.reference(count) for count in counts]
    full = [_mean(comparison, *reference) for reference in references]
    closed = [new - old for new, old in zip(adapted, as_trained)]
    left = [target - new for target, new in zip(full, adapted)]
    names = [f"to {arm} at {count} frames" for arm, count in references]
    return [
        _bar(counts, as_trained, [0.0] * len(counts), comparison.baseline, role_look("tsm").color, [""] * len(counts)),
        _bar(counts, closed, as_trained, "closed by re-calibration", role_look(RECALIBRATED_TSM).color,
             [""] * len(counts)),
        _bar(counts, left, adapted, "left", PALE, names),
    ]  # fmt: skip


def _bar(counts: list[int], heights: list[float], base: list[float], name: str, color: str, notes: list[str]) -> go.Bar:
    return go.Bar(
        x=[str(count) for count in counts],
        y=heights,
        base=base,
        name=name,
        marker={"color": color},
        text=[f"{height:.1f}" for height in heights],
        textposition="inside",
        insidetextanchor="middle",
        customdata=notes,
        hovertemplate="%{x} frames, %{fullData.name}: %{text} points %{customdata}<extra></extra>",
    )


def _mean(comparison: Comparison, label: str, count: int) -> float:
    return float(comparison.top1_by_seed(label, count).mean())
