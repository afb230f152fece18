"""The report's plots as files, for a README or a paper."""

import importlib.util
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import plotly.graph_objects as go
import plotly.io

from analysis.plots.style import Plot
from analysis.reading.study_error import StudyError

BROWSERS = ("chromium", "google-chrome", "chrome", "chromium-browser")
FORMATS = ("png", "svg")
WIDTH, SCALE = 900, 2


class PictureError(RuntimeError):
    """What draws pictures is missing or fails; the message says what to do."""


def write_pictures(plots: Sequence[Plot], folder: str | Path) -> list[Path]:
    """Writes the plots as .png and .svg into `folder`, as they first show, and returns the paths.

    With several backbones a file's name may end in its backbone. Raises PictureError if kaleido or a browser is
    missing or fails.
    """
    require_browser()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {
        folder / f"{name}.{suffix}": go.Figure(figure).update_layout(paper_bgcolor="white", plot_bgcolor="white")
        for plot in plots
        for name, figure in _figures(plot).items()
        for suffix in FORMATS
    }
    heights = [figure.layout.height for figure in pictures.values()]
    try:
        plotly.io.write_images(list(pictures.values()), list(pictures), width=WIDTH, height=heights, scale=SCALE)
    except RuntimeError as error:  # kaleido's, of a browser that does not start or ends early
        raise PictureError(f"--pictures: the browser failed: {' '.join(str(error).split())}") from error
    return list(pictures)


def named_plots(plots: Sequence[Plot], names: Sequence[str]) -> list[Plot]:
    """The plots of these names; all for no names. Raises StudyError for one that the study does not have."""
    by_name = {plot.name: plot for plot in plots}
    unknown = sorted(set(names) - set(by_name))
    if unknown:
        raise StudyError(f"--plots: this study has no plot {unknown[0]}; it has {', '.join(by_name)}")
    return [by_name[name] for name in names or by_name]


def require_browser() -> None:
    """Names the browser to kaleido, which reads BROWSER_PATH and does not look for every name itself.

    Raises PictureError if kaleido or a browser is missing.
    """
    if importlib.util.find_spec("kaleido") is None:
        raise PictureError("--pictures needs the package kaleido; install it")
    browser = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise PictureError("--pictures needs Chromium or Chrome; install one, or set BROWSER_PATH to its program")
    os.environ["BROWSER_PATH"] = browser


def _figures(plot: Plot) -> dict[str, go.Figure]:
    """By file name the first view, or each backbone's where there are several."""
    if plot.choice == "backbone" and len(plot.views) > 1:
        return {f"{plot.name}-{backbone}": figure for backbone, figure in plot.views.items()}
    return {plot.name: next(iter(plot.views.values()))}
