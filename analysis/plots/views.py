"""What more views of each video bring."""

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.comparison.other_protocols import viewed_comparisons
from analysis.comparison.report_data import ReportData
from analysis.plots.style import LAYOUT, Plot, accuracy_axis, frame_count_axis, views_of
from analysis.reading.roles import role_look


def views_plot(report: ReportData) -> Plot:
    """Top-1 over frame counts with one view and with more, by arm; drawn from one table, a row per point."""
    tables = views_of(report.comparisons, lambda comparison: _tables(report, comparison))
    return Plot(
        name="views",
        title="More views of a video",
        choice="arm",
        reading="Each line is the same network: its probabilities averaged over more clips of a video and more crops of"
        " its frames (clips × crops). Each view costs as much as the first.",
        label="Top-1 accuracy over evaluated frame counts, one line per number of views.",
        views={name: _figure(table) for name, table in tables.items()},
        tables=tables,
    )


def _tables(report: ReportData, comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Per arm: role, views, frames, top1, mean over seeds; none for a study of one number of views."""
    others = viewed_comparisons(report, comparison)
    if not others:
        return {}
    rows = pd.concat([comparison.rows, *(other.rows for other in others.values())])
    rows = rows.rename(columns={"eval_frames": "frames"})
    means = rows.groupby(["arm", "role", "views", "frames"], as_index=False)["top1"].mean()
    return {arm: means[means["arm"] == arm] for arm in comparison.arms}


def _figure(table: pd.DataFrame) -> go.Figure:
    color = role_look(table["role"].iloc[0]).color
    figure = px.line(table, x="frames", y="top1", line_dash="views", symbol="views", markers=True)
    figure.update_traces(line_color=color, marker_size=9)
    figure.update_layout(LAYOUT | {"height": 440, "legend_title_text": ""})
    counts = sorted(table["frames"].astype(int).unique())
    return accuracy_axis(frame_count_axis(figure, counts, "× clips × crops"))
