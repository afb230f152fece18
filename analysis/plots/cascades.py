"""A budget that adapts: accuracy over mean cost where a clip gets more frames only while its answer is not sure."""

from functools import partial

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.cascades import (
    AS_ACCURATE,
    AVERAGING,
    FIXED,
    ORACLE,
    SURE,
    calibration_table,
    cascade_tables,
    hidden_cascades,
)
from analysis.comparison.report_data import ReportData
from analysis.plots.style import GREY, INK, Plot, curves, frame_count_axis, styled, tables_of
from analysis.reading.roles import LOOKS, Look

RULE_LOOKS = {
    FIXED: Look(label=FIXED, color=INK, symbol="diamond", dash="dot"),
    SURE: Look(label=SURE, color=LOOKS["ffn"].color, symbol="circle"),
    AVERAGING: Look(label=AVERAGING, color=LOOKS["separated"].color, symbol="square", dash="dash"),
    AS_ACCURATE: Look(label=AS_ACCURATE, color=LOOKS["tsm"].color, symbol="star"),
    ORACLE: Look(label=ORACLE, color=GREY, symbol="x"),
}


def cascade_plot(report: ReportData) -> Plot:
    """Top-1 over mean multiply-adds per clip of networks that stop at the first count of which they are sure."""
    return Plot(
        name="cascade",
        title="A budget that adapts",
        choice="network",
        reading="Each clip is shown at the smallest count first, and at the next only while the probability of the"
        " answer is below a threshold; all that was computed is paid. A point above the dotted line of the fixed counts"
        " is worth it. Thresholds were chosen on one half of the clips and judged on the other, in turn. Averaging:"
        " each answer is the mean with those before. The star: the cheapest threshold that was as accurate as the last"
        f" count. The oracle knows the cheapest count that is right.{_left_out(report)}",
        label="Top-1 accuracy over mean multiply-adds per clip, for fixed counts and for stopping when sure.",
        tables=tables_of(report.comparisons, partial(cascade_tables, report)),
        draw=_accuracy_over_mean_cost,
    )


def calibration_plot(report: ReportData) -> Plot:
    """Expected calibration error by frame count."""
    return Plot(
        name="calibration",
        title="How far confidence is from accuracy",
        choice="backbone",
        reading="Expected calibration error: the mean distance between the probability of the answer and how often it"
        " is right, over 15 bins. Thresholds that stop early stand on it: where it is large, a threshold means"
        f" something else at each count.{_left_out(report)}",
        label="Expected calibration error over frame counts, one line per arm.",
        tables=tables_of(report.comparisons, lambda comparison: {"": calibration_table(report, comparison)}),
        draw=partial(_errors, report),
    )


def _left_out(report: ReportData) -> str:
    hidden = sum(hidden_cascades(comparison) for comparison in report.comparisons)
    if not hidden:
        return ""
    networks = "network is" if hidden == 1 else "networks are"
    return f" {hidden} further {networks} left out: shown are Separated Training, then plain arms before variants."


def _accuracy_over_mean_cost(table: pd.DataFrame) -> go.Figure:
    figure = styled(go.Figure(curves(table, RULE_LOOKS, x="gmacs", y="top1", of="rule")), height=480)
    figure.update_yaxes(title_text="top-1 accuracy (%)")  # not from 0: rules lie within a few points
    return figure.update_xaxes(title_text="mean 10⁹ multiply-adds per clip", rangemode="tozero")


def _errors(report: ReportData, table: pd.DataFrame) -> go.Figure:
    figure = styled(go.Figure(curves(table, report.looks, x="frames", y="error")))
    figure = frame_count_axis(figure, table["frames"], "each network at its own counts")
    return figure.update_yaxes(title_text="expected calibration error (points)", rangemode="tozero")
