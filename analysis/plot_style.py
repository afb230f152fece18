"""What all plots share: an undecorated, transparent layout that the page's style sheet can turn dark."""

from dataclasses import dataclass

import plotly.graph_objects as go

INK = "#2B2F33"
GRID = "#D9D9D9"


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One plot of the report.

    name: its identifier in the page. views: the figures it can show, by the text of the choice; the first is shown.
    reading: one sentence on how to read it. label: what a screen reader says instead of the picture.
    """

    name: str
    title: str
    reading: str
    label: str
    views: dict[str, go.Figure]
    choice: str = ""


def new_figure(height: int = 440) -> go.Figure:
    """An empty figure with the report's layout; the legend lies above the plot, where it wraps on a phone."""
    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=height,
        autosize=True,
        dragmode=False,
        hovermode="closest",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif", "size": 14, "color": INK},
        margin={"l": 56, "r": 16, "t": 24, "b": 56},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "xanchor": "left"},
    )
    return style_axes(figure)


def style_axes(figure: go.Figure) -> go.Figure:
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": GRID,
        "ticks": "",
        "automargin": True,
        "title": {"font": {"size": 14}},
    }
    return figure.update_xaxes(**axis, showgrid=False, showline=True).update_yaxes(**axis, showline=False)


def frame_count_axis(figure: go.Figure, counts: list[int], protocol: str) -> go.Figure:
    """Labels the evaluated counts only; the axis is logarithmic, since halving the frames is the natural step."""
    return figure.update_xaxes(
        type="log",
        tickvals=counts,
        ticktext=[str(count) for count in counts],
        title_text=f"frames evaluated ({protocol})",
    )


def translucent(color: str, opacity: float) -> str:
    """ "#RRGGBB" -> "rgba(...)" with `opacity` in 0..1."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
