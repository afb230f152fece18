"""The frame schedules: which frame counts are trained when."""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Views, new_figure, style_axes, views_of
from analysis.reading.configuration import trained_by
from analysis.reading.roles import role_look
from analysis.reading.tables import Study

LANE_HEIGHT, TITLE_HEIGHT = 20, 34


def schedules_plot(report: ReportData) -> Plot:
    """Frames over epochs of every arm's schedule, as study.json resolves it."""
    return Plot(
        name="schedules",
        title="Frame schedules",
        choice="backbone",
        reading="A line is a frame count that is trained in those epochs: at full strength in every step, fainter the"
        " smaller the share of steps that draws it. Hover for the share.",
        label="Trained frame counts over epochs, one panel per arm.",
        views=views_of(report.comparisons, lambda comparison: _views(report.study, comparison)),
    )


def phase_shares(phase: dict) -> dict[int, float]:
    """Per frame count the share of a phase's steps that train it."""
    sets = phase["frame_sets"]
    probabilities = phase.get("probabilities") or [1 / len(sets)] * len(sets)
    shares: dict[int, float] = {}
    for counts, probability in zip(sets, probabilities):
        for count in counts:
            shares[count] = shares.get(count, 0.0) + probability
    return shares


def _views(study: Study, comparison: Comparison) -> Views:
    scheduled = _schedules(study, comparison)
    if not scheduled:
        return {}
    lanes = [len(_frame_counts(trial)) for trial in scheduled.values()]
    height = LANE_HEIGHT * sum(lanes) + TITLE_HEIGHT * len(lanes)
    figure = make_subplots(
        rows=len(lanes), cols=1, shared_xaxes=True, row_heights=lanes, vertical_spacing=TITLE_HEIGHT / height,
        subplot_titles=list(scheduled), figure=new_figure(height=height + 90),
    )  # fmt: skip
    for row, (label, trial) in enumerate(scheduled.items(), start=1):
        counts = list(map(str, _frame_counts(trial)))
        lines = _lines(trial, role_look(comparison.arm(label)["role"]).color)
        figure.add_traces(lines, rows=[row] * len(lines), cols=[1] * len(lines))
        figure.update_yaxes(type="category", categoryarray=counts, range=[-0.5, len(counts) - 0.5], row=row, col=1)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    figure.update_layout(showlegend=False).update_xaxes(title_text="epoch", row=len(lanes))
    return {"": style_axes(figure)}


def _schedules(study: Study, comparison: Comparison) -> dict[str, dict]:
    """The resolved configuration of each arm's first chosen trial, where it was trained by a schedule."""
    configured = trained_by(study.record)
    found = {}
    for label in comparison.arms:
        trial = configured.get(comparison.arm(label)["trial"], {})
        if not comparison.arm(label)["adaptation"] and (trial.get("schedule") or {}).get("phases"):
            found[label] = trial
    return found


def _frame_counts(trial: dict) -> list[int]:
    return sorted({count for phase in trial["schedule"]["phases"] for count in phase_shares(phase)})


def _lines(trial: dict, color: str) -> list[go.Scatter]:
    phases, begin, lines = trial["schedule"]["phases"], 0.0, []
    for phase in phases:
        end = begin + phase["share"] / sum(other["share"] for other in phases) * trial["epochs"]
        lines += [_line(begin, end, count, share, color) for count, share in phase_shares(phase).items()]
        begin = end
    return lines


def _line(begin: float, end: float, count: int, share: float, color: str) -> go.Scatter:
    return go.Scatter(
        x=[begin, end],
        y=[str(count)] * 2,
        name=f"{count} frames in {100 * share:.0f} % of the steps",
        mode="lines",
        line={"color": color, "width": 7},
        opacity=0.2 + 0.8 * share,
        hovertemplate="%{fullData.name}, epochs " + f"{begin:.3g} to {end:.3g}<extra></extra>",
    )
