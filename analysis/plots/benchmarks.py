"""How fast each part is, over its baseline and beside its floor."""

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.report_data import ReportData
from analysis.plots.style import GREY, INK, Plot, category_rows, new_figure
from analysis.reading.benchmarks import number

BAR = "#0072B2"


def benchmarks_plot(report: ReportData) -> Plot:
    """Every variant of a benchmark, the baseline first."""
    tables = _tables(report.benchmarks.measurements) if report.benchmarks else {}
    return Plot(
        name="benchmarks",
        title="How fast each part is",
        choice="benchmark",
        reading="Grey is the baseline; beside each bar its value and how many times the baseline it is. The line is the"
        " floor, the best that this machine allows, where one is known. Of growth (by trials, clips, frames) the"
        " number of times is the cost of a unit of work over that in the first row: 1 is growth with the work.",
        label="Bars of every variant of a benchmark; the table of benchmarks holds the numbers.",
        views={name: _figure(table) for name, table in tables.items()},
        tables=tables,
    )


def _tables(measurements: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {
        f"{benchmark} ({rows['unit'].iloc[0]})": rows
        for benchmark, rows in measurements.groupby("benchmark", sort=False)
    }


def _figure(rows: pd.DataFrame) -> go.Figure:
    bars = go.Bar(
        x=rows["value"].tolist(),
        y=rows["variant"].tolist(),
        orientation="h",
        marker={"color": [GREY, *[BAR] * (len(rows) - 1)]},
        text=[_text(row) for row in rows.itertuples()],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure = category_rows(new_figure().add_trace(bars), rows["variant"].tolist(), row_height=34)
    floors = rows["floor"].dropna().unique()
    for floor in floors:
        figure.add_vline(x=floor, line={"width": 1, "color": INK, "dash": "dot"})
    largest = max([rows["value"].max(), *floors])
    return figure.update_xaxes(title_text=rows["unit"].iloc[0], range=[0, 1.35 * largest])


def _text(row) -> str:
    times = "" if pd.isna(row.ratio) else f" ({number(row.ratio)} times)"
    return f"{number(row.value)}{times}"
