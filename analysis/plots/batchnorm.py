"""The paper's explanation of the collapse: BatchNorm statistics that differ between frame counts, and new ones."""

from functools import partial

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.plots.style import Plot, Tables, accuracy_axis, hover, styled, tables_of
from analysis.reading.roles import RECALIBRATED_TSM, SEPARATED, SYMBOLS, role_look

STATISTICS = ["mean", "variance", "scale", "bias"]
CLOSED, LEFT, PALE = "closed by re-calibration", "left", "#B8BCC0"


def batchnorm_plot(report: ReportData) -> Plot:
    """Mean, variance, scale and bias by layer, a line per frame count (the paper's Figures 3, 10 and 11)."""
    return Plot(
        name="batchnorm",
        title="BatchNorm by layer and frame count",
        choice="of",
        reading="Each line is one frame count, from the first layer to the last, mean over channels and seeds. Where"
        " the lines part, the statistics of one count are wrong for another: the paper's explanation of the collapse.",
        label="Mean, variance, scale and bias of every BatchNorm layer, one line per frame count.",
        tables=tables_of(report.comparisons, lambda comparison: _statistics(comparison, report.study.batchnorm)),
        draw=_panels,
    )


def recalibration_plot(report: ReportData) -> Plot:
    """The baseline's accuracy below its own count, what re-calibration adds, and what is left to full recovery."""
    return Plot(
        name="recalibration",
        title="What re-calibration closes, and what is left",
        choice="backbone",
        reading=f"The lower part is {report.plain} as trained, the middle part what recomputed BatchNorm statistics add"
        f" without any training, the upper part what is still missing to Separated Training, or to {report.plain} at"
        " its own count where none was trained.",
        label=f"Stacked bars per frame count: accuracy of {report.plain}, gain of re-calibration, the remaining gap.",
        tables=tables_of(report.judged, lambda comparison: {"": _recalibrations(comparison)}),
        draw=partial(_stacked, report),
    )


def _statistics(comparison: Comparison, batchnorm: pd.DataFrame) -> Tables:
    """Per network, or for the plain one and Separated Training together: frames, layer and the statistics."""
    arms = comparison.rows[["trial", "adaptation", "arm", "role", "variant"]].drop_duplicates()
    known = batchnorm.merge(arms, on=["trial", "adaptation"])
    plain = known["role"].isin(["tsm", SEPARATED]) & (known["variant"] == "")
    together = f"{comparison.plain} and Separated Training, separate networks"
    known = known.assign(network=known["arm"].mask(plain, together), frames=known["count"])
    return {
        network: rows.groupby(["frames", "layer"], sort=False, as_index=False)[STATISTICS]
        .mean()
        .sort_values("frames", kind="stable")
        for network, rows in known.groupby("network", sort=False)
    }


def _panels(table: pd.DataFrame) -> go.Figure:
    names = table["frames"].map("{:g} frames".format)
    count, layers = names.nunique(), table["layer"].drop_duplicates().tolist()
    places = [0.15 + 0.65 * place / max(count - 1, 1) for place in range(count)]
    long = table.assign(frames=names).melt(["frames", "layer"], STATISTICS, var_name="statistic")
    figure = px.line(
        long, x="layer", y="value", color="frames", symbol="frames", facet_row="statistic", markers=True,
        facet_row_spacing=0.05, hover_data=hover(long), symbol_sequence=SYMBOLS,
        color_discrete_sequence=sample_colorscale("Viridis", places),  # without its ends, too dark or light for a page
    )  # fmt: skip
    styled(figure, height=760).update_traces(line_width=1.5, marker_size=5).update_yaxes(matches=None, title_text="")
    figure.update_yaxes(type="log", row=len(STATISTICS) - 1)  # plotly express counts rows from the bottom: the variance
    figure.for_each_annotation(
        lambda panel: panel.update(text=panel.text.split("=")[1], x=0, xanchor="left", yanchor="bottom", textangle=0)
    )
    for panel, axis in zip(figure.layout.annotations, figure.select_yaxes()):
        panel.y = axis.domain[1]
    figure.update_xaxes(type="category", showticklabels=False, title_text="")
    return figure.update_xaxes(title_text=f"layers, {layers[0]} to {layers[-1]}", row=1)


def _recalibrations(comparison: Comparison) -> pd.DataFrame:
    """frames, part, from, points, and up to which arm: the parts of a bar stand on each other."""
    base = comparison.arm(comparison.baseline)
    adapted = next(
        (arm for arm in comparison.arms if comparison.arm(arm)["role"] == RECALIBRATED_TSM
         and comparison.arm(arm)["train_frames"] == base["train_frames"]), None)  # fmt: skip
    rows = []
    for count in comparison.counts_below_highest():
        if adapted not in comparison.arms_at(count):
            continue
        points = [(comparison.baseline, count), (adapted, count), comparison.reference(count)]
        ends = [float(comparison.top1_by_seed(*point).mean()) for point in points]
        for part, begin, end, (arm, at) in zip([comparison.baseline, CLOSED, LEFT], [0.0, *ends], ends, points):
            rows.append((str(count), part, begin, end - begin, f"{arm} at {at} frames"))
    return pd.DataFrame(rows, columns=["frames", "part", "from", "points", "to"])


def _stacked(report: ReportData, table: pd.DataFrame) -> go.Figure:
    colors = {CLOSED: role_look(RECALIBRATED_TSM).color, LEFT: PALE}
    colors |= {arm: look.color for arm, look in report.looks.items()}
    figure = px.bar(
        table, x="frames", y="points", base="from", color="part", color_discrete_map=colors, text="points",
        hover_data=hover(table), barmode="overlay", opacity=1,
    )  # fmt: skip
    figure.update_traces(texttemplate="%{text:.1f}", textposition="inside", insidetextanchor="middle")
    accuracy_axis(styled(figure)).update_layout(bargap=0.35, uniformtext={"minsize": 10, "mode": "hide"})
    return figure.update_xaxes(type="category", title_text="frames evaluated")
