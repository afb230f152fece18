"""Which differences between arms are established, at a glance."""

import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.differences import ArmDifference, difference_counts, differences
from analysis.comparison.report_data import ReportData
from analysis.plots.style import INK, Plot, Views, category_rows, error_bars, new_figure, views_of
from analysis.reading.roles import SEPARATED, role_look


def differences_plot(report: ReportData) -> Plot:
    """Every arm minus Separated Training and minus TSM at one count, with paired intervals."""
    return Plot(
        name="differences",
        title="Which differences are established",
        choice="evaluated at",
        reading="Right of the line an arm is better, left worse, on the same clips: diamonds against Separated"
        " Training, circles against TSM. Bars are 95 % intervals. A filled marker is established: p < 0.05 after Holm's"
        " correction over all comparisons with the same other.",
        label="Paired differences in top-1 with intervals; the table below holds their numbers.",
        views=views_of(report.judged, _views),
    )


def _views(comparison: Comparison) -> Views:
    shown = {role_look(SEPARATED).label: SEPARATED, comparison.baseline: "tsm"}
    rows = [row for other, found in differences(comparison).items() if other in shown for row in found]
    return {
        f"{count} frames": _figure(comparison, [row for row in rows if row.count == count], shown)
        for count in difference_counts(comparison)
        if any(row.count == count for row in rows)
    }


def _figure(comparison: Comparison, rows: list[ArmDifference], others: dict[str, str]) -> go.Figure:
    figure = new_figure()
    for other, role in others.items():
        found = [row for row in rows if row.other == other]
        if found:
            figure.add_trace(_trace(comparison, found, role))
    figure.add_vline(x=0, line={"width": 1, "color": INK, "dash": "dot"})
    names = [label for label in comparison.arms if any(row.arm == label for row in rows)]
    return category_rows(figure, names, row_height=34).update_xaxes(
        title_text="difference in top-1 (points)", showgrid=True
    )


def _trace(comparison: Comparison, rows: list[ArmDifference], role: str) -> go.Scatter:
    look = role_look(role)
    estimates = [row.difference.estimate for row in rows]
    return go.Scatter(
        x=[estimate.value for estimate in estimates],
        y=[row.arm for row in rows],
        name=f"minus {rows[0].other}",
        mode="markers",
        marker={
            "symbol": [look.symbol if row.established else f"{look.symbol}-open" for row in rows],
            "color": look.color,
            "size": 11,
            "line": {"width": 2, "color": look.color},
        },
        error_x=error_bars(estimates) | {"color": look.color},
        customdata=[f"p = {row.adjusted:.2g} after Holm" for row in rows],
        hovertemplate="%{y} %{fullData.name}: %{x:+.1f} points, %{customdata}<extra></extra>",
    )
