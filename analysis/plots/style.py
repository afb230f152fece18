"""What all plots share: an undecorated, transparent layout that the page's style sheet can turn dark."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd
import plotly.graph_objects as go

from analysis.comparison.comparison import Comparison
from analysis.reading.examples import Example
from analysis.statistics.estimates import Estimate

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
    "template": "none",
    "autosize": True,
    "dragmode": False,
    "hovermode": "closest",
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"family": "system-ui, sans-serif", "size": 14, "color": INK},
    "margin": {"l": 56, "r": 16, "t": 24, "b": 56},
    "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "xanchor": "left"},
    "xaxis": X_AXIS,
    "yaxis": Y_AXIS,
}
Views = dict[str, go.Figure]
Shown = TypeVar("Shown")
"""What a view is made of: its figure, or the table that it is drawn from."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One plot of the report.

    name: its identifier in the page. views: the figures it can show, by the text of the choice; the first is shown.
    reading: how to read it, in a sentence or two. label: what a screen reader says instead of the picture.
    examples: pictures that stand below it. tables: by view, the table that it is drawn from and that its CSV holds; a
    plot without them has its CSV gathered from the drawing.
    """

    name: str
    title: str
    reading: str
    label: str
    views: Views
    choice: str = ""
    examples: tuple[Example, ...] = ()
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


def new_figure(height: int = 440) -> go.Figure:
    """An empty figure with the report's layout; the legend lies above the plot, where it wraps on a phone."""
    return go.Figure(layout=LAYOUT | {"height": height})


def style_axes(figure: go.Figure) -> go.Figure:
    """Thin lines and grid also for the axes of panels that were added later."""
    return figure.update_xaxes(**X_AXIS).update_yaxes(**Y_AXIS)


def accuracy_axis(figure: go.Figure) -> go.Figure:
    """Top-1 from 0 to 100 %, the same in every plot."""
    return figure.update_yaxes(title_text="top-1 accuracy (%)", range=[0, 105], tickvals=[0, 20, 40, 60, 80, 100])


def frame_count_axis(figure: go.Figure, counts: list[int], protocol: str) -> go.Figure:
    """Labels the evaluated counts only; the axis is logarithmic, since halving the frames is the natural step."""
    return figure.update_xaxes(
        type="log",
        tickvals=counts,
        ticktext=[str(count) for count in counts],
        title_text=f"frames evaluated ({protocol})",
    )


def category_rows(figure: go.Figure, names: list[str], *, row_height: int = 26) -> go.Figure:
    """A row per name, the first on top, and a height that fits them."""
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=names[::-1],
        showgrid=False,
        range=[-0.6, len(names) - 0.4],
    )
    return figure.update_layout(height=130 + row_height * len(names))


def wrapped(text: str, *, width: int = 30) -> str:
    """A name in at most two lines, so that it leaves room for the plot."""
    return "<br>".join(textwrap.wrap(text, width, max_lines=2, placeholder=" …"))


def error_bars(estimates: list[Estimate]) -> dict:
    """Plotly's asymmetric bars for the 95 % intervals; an interval that is unknown draws nothing."""
    return {
        "type": "data",
        "symmetric": False,
        "thickness": 1.2,
        "width": 4,
        "array": [estimate.high - estimate.value for estimate in estimates],
        "arrayminus": [estimate.value - estimate.low for estimate in estimates],
    }


def views_of(comparisons: list[Comparison], draw: Callable[[Comparison], dict[str, Shown]]) -> dict[str, Shown]:
    """The views of every comparison, each named after its backbone where there are several."""
    several = len(comparisons) > 1
    return {
        ", ".join(filter(None, [comparison.backbone if several else "", name])): shown
        for comparison in comparisons
        for name, shown in draw(comparison).items()
    }


def translucent(color: str, opacity: float) -> str:
    """ "#RRGGBB" -> "rgba(...)" with `opacity` in 0..1."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
