"""What all plots share: a plot is tables and a function that draws them, in one plain layout."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import plotly.io as pio

from analysis.comparison.comparison import Comparison
from analysis.reading.examples import Example
from analysis.reading.roles import Look

pio.templates.default = "none"  # plotly's own is larger than most plots, and checked anew in each: a third of the time

INK = "#2B2F33"
GRID = "#D9D9D9"
GREY = "#7F7F7F"
AXIS = {
    "gridcolor": GRID, "zeroline": False, "linecolor": GRID, "ticks": "", "automargin": True,
    "title": {"font": {"size": 14}},
}  # fmt: skip
X_AXIS = AXIS | {"showgrid": False, "showline": True}
Y_AXIS = AXIS | {"showgrid": True, "showline": False}
LAYOUT = {
    "autosize": True,
    "dragmode": False,
    "hovermode": "closest",
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"family": "system-ui, sans-serif", "size": 14, "color": INK},
    "margin": {"l": 56, "r": 16, "t": 24, "b": 56},
    "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "xanchor": "left", "title": {"text": ""}},
}
CAPTION_SIZE, CAPTION_HEIGHT = 12, 18  # pixels, of a line
CAPTION_WIDTH = 44
"""Characters of a line that a phone has room for."""
Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True, kw_only=True, eq=False)
class Plot:
    """One plot of the report: tables, and a function that draws each.

    name: its identifier in the page. tables: what it can show, by the text of the choice, and what its CSV files hold;
    the first is shown, and without tables there is no plot. draw: one of the tables -> its figure. reading: how to read
    it, in a sentence or two. label: the text alternative for screen readers. examples: pictures below it.
    """

    name: str
    title: str
    reading: str
    label: str
    tables: Tables
    draw: Callable[[pd.DataFrame], go.Figure]
    choice: str = ""
    examples: tuple[Example, ...] = ()

    @cached_property
    def views(self) -> dict[str, go.Figure]:
        """The figure of each table, which says what it shows of several or of one: a saved picture has no choice."""
        return {name: captioned(self.draw(table), self.choice, name) for name, table in self.tables.items()}


def tables_of(comparisons: list[Comparison], tabulate: Callable[[Comparison], Tables]) -> Tables:
    """The tables of every comparison that have rows, each named after its backbone where there are several."""
    several = len(comparisons) > 1
    return {
        ", ".join(filter(None, [comparison.backbone if several else "", name])): table
        for comparison in comparisons
        for name, table in tabulate(comparison).items()
        if not table.empty
    }


def styled(figure: go.Figure, *, height: int = 440) -> go.Figure:
    """`figure` in the report's layout; the legend is above the plot, where it wraps on a phone."""
    return figure.update_layout(LAYOUT, height=height).update_xaxes(**X_AXIS).update_yaxes(**Y_AXIS)


def captioned(figure: go.Figure, choice: str, name: str) -> go.Figure:
    """`figure` with the chosen name below the title of its x axis, or on top where it has no axes.

    Nothing is added for no name, or for one that the axis bears already.
    """
    titled = [axis for axis in figure.select_xaxes() if axis.title.text]
    if not name or any(name in axis.title.text for axis in titled):
        return figure
    lines = textwrap.wrap(f"{choice}: {name}", CAPTION_WIDTH)
    extra = CAPTION_HEIGHT * len(lines)
    figure.update_layout(height=figure.layout.height + extra)
    if not titled:
        corner = {"x": 0, "xref": "paper", "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 4}}
        title = {"text": "<br>".join(lines), "font": {"size": CAPTION_SIZE}, **corner}
        return figure.update_layout(title=title, margin_t=figure.layout.margin.t + extra)
    figure.update_layout(margin_b=figure.layout.margin.b + extra)
    small = [f'<span style="font-size:{CAPTION_SIZE}px">{line}</span>' for line in lines]
    titled[0].title.update(text="<br>".join([titled[0].title.text, *small]), standoff=10)  # else it touches the edge
    return figure


def curves(table: pd.DataFrame, looks: Mapping[str, Look], *, x: str, y: str, of: str = "arm") -> list[go.Scatter]:
    """A line with markers per value of the column `of`, in its look, with error bars from the columns low and high.

    The hover text is the table's row.
    """
    bars = {"error_y": table["high"] - table[y], "error_y_minus": table[y] - table["low"]} if "low" in table else {}
    lines = px.line(
        table, x=x, y=y, color=of, symbol=of, line_dash=of, markers=True, hover_data=hover(table), **bars,
        color_discrete_map={name: look.color for name, look in looks.items()},
        symbol_map={name: look.symbol for name, look in looks.items()},
        line_dash_map={name: look.dash for name, look in looks.items()},
    )  # fmt: skip
    lines.update_traces(line_width=2.5, marker_size=9, error_y_thickness=1.2, error_y_width=4)
    return list(lines.data)


def hover(table: pd.DataFrame) -> dict[str, str | bool]:
    """Plotly express's hover_data: every column, numbers with four digits; a column without values is left out."""
    return {
        name: False if table[name].isna().all() else ":.4g" if table[name].dtype.kind == "f" else True for name in table
    }


def accuracy_axis(figure: go.Figure) -> go.Figure:
    """Top-1 from 0 to 100 %, the same in every plot."""
    return figure.update_yaxes(title_text="top-1 accuracy (%)", range=[0, 105], tickvals=[0, 20, 40, 60, 80, 100])


def frame_count_axis(figure: go.Figure, counts: pd.Series, protocol: str) -> go.Figure:
    """Labels the evaluated counts only; the axis is logarithmic, since halving the frames is the natural step."""
    ticks = sorted(counts.astype(int).unique().tolist())
    title = f"frames evaluated ({protocol})"
    return figure.update_xaxes(type="log", tickvals=ticks, ticktext=list(map(str, ticks)), title_text=title)


def category_rows(figure: go.Figure, names: list[str], *, row_height: int = 26) -> go.Figure:
    """A row per name, the first at the top, and a height that fits them."""
    rows = {"categoryorder": "array", "categoryarray": names[::-1], "range": [-0.6, len(names) - 0.4]}
    figure.update_yaxes(type="category", showgrid=False, title_text="", **rows)
    return figure.update_layout(height=130 + row_height * len(names))


def band(x: pd.Series, low: pd.Series, high: pd.Series, color: str, opacity: float, **options) -> go.Scatter:
    """The area between two curves over `x`, in a colour "#RRGGBB", without hover text."""
    return go.Scatter(
        x=np.r_[x, x[::-1]],
        y=np.r_[high, low[::-1]],
        mode="lines",
        fill="toself",
        fillcolor=translucent(color, opacity),
        line={"width": 0, "color": color},
        hoverinfo="skip",
        **options,
    )


def translucent(color: str, opacity: float) -> str:
    """A colour "#RRGGBB" as plotly's "rgba(...)"."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def heat_map(shares: pd.DataFrame, text: list[list[str]], *, hovertemplate: str, **options) -> go.Figure:
    """A cell per row and column of `shares`, percentages, with its text in it."""
    cells = go.Heatmap(
        z=shares.to_numpy(), x=shares.columns.tolist(), y=shares.index.tolist(), text=text, texttemplate="%{text}",
        zmin=0, zmax=100, showscale=False, hoverongaps=False, hovertemplate=hovertemplate,
        **{"colorscale": "Cividis", "xgap": 3, "ygap": 3} | options,
    )  # fmt: skip
    figure = styled(go.Figure(cells)).update_xaxes(type="category", showline=False)
    return figure.update_yaxes(type="category", autorange="reversed", showgrid=False)


def class_cells(shares: pd.DataFrame, text: list[list[str]], *, hovertemplate: str) -> go.Figure:
    """A heat map with a row per class."""
    figure = heat_map(shares, text, xgap=1, ygap=1, hovertemplate=hovertemplate)
    return figure.update_yaxes(tickfont_size=12).update_layout(height=130 + 34 * len(shares))


def connectors(table: pd.DataFrame, begin: str, end: str, y: pd.Series, color: str, width: float) -> go.Scatter:
    """A horizontal line per row of `table`, from the value of one column to that of another."""
    return go.Scatter(
        x=[value for pair in zip(table[begin], table[end]) for value in (*pair, None)],
        y=[place for place in y for _ in range(3)],
        mode="lines",
        line={"color": color, "width": width},
        showlegend=False,
        hoverinfo="skip",
    )


def wrapped(text: str, *, width: int = 30) -> str:
    """A name in at most two lines, to leave room for the plot."""
    return "<br>".join(textwrap.wrap(text, width, max_lines=2, placeholder=" …"))
