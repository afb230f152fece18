"""How fast each part is: a benchmark's variants against its baseline, and the limit of the machine."""

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from analysis.comparison.report_data import ReportData
from analysis.plots.style import GREY, INK, Plot, category_rows, styled
from analysis.reading.benchmarks import number

BAR = "#0072B2"


def benchmarks_plot(report: ReportData) -> Plot:
    """Every variant of a benchmark, the baseline first."""
    measured = report.benchmarks.measurements.groupby("benchmark", sort=False) if report.benchmarks else []
    return Plot(
        name="benchmarks",
        title="How fast each part is",
        choice="benchmark",
        reading="Grey is the baseline; beside each bar its value and its ratio to the baseline. The dotted line is the"
        " best that this machine allows, where it is known. For growth (with trials, clips, frames) the ratio compares"
        " the cost of a unit of work to that in the first row: 1 means that cost grows with the work.",
        label="Bars of every variant of a benchmark; the table of benchmarks holds the numbers.",
        tables={f"{benchmark} ({rows['unit'].iloc[0]})": rows for benchmark, rows in measured},
        draw=_bars,
    )


def _bars(rows: pd.DataFrame) -> go.Figure:
    text = [number(value) + (f" ({number(ratio)} times)" if ratio == ratio else "")
            for value, ratio in zip(rows["value"], rows["ratio"])]  # fmt: skip
    figure = styled(px.bar(rows, x="value", y="variant", text=text))
    figure.update_traces(marker_color=[GREY, *[BAR] * (len(rows) - 1)], textposition="outside", cliponaxis=False)
    floors = rows["floor"].dropna().unique()
    for floor in floors:
        figure.add_vline(x=floor, line={"width": 1, "color": INK, "dash": "dot"})
    category_rows(figure, rows["variant"].tolist(), row_height=34)
    largest = max([rows["value"].max(), *floors])
    return figure.update_xaxes(title_text=rows["unit"].iloc[0], range=[0, 1.35 * largest])
