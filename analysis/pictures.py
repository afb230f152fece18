"""The collapse and recovery plots as files, for a README or a paper."""

import importlib.util
import os
import shutil
from pathlib import Path

import plotly.graph_objects as go
import plotly.io

from analysis.accuracy_plots import collapse_figure, recovery_figure
from analysis.comparison import compare
from analysis.protocol import read_protocol
from analysis.selection import select_results
from analysis.tables import Study

BROWSERS = ("chromium", "google-chrome", "chrome", "chromium-browser")
FORMATS = ("png", "svg")


def write_pictures(study: Study, folder: str | Path) -> list[Path]:
    """Writes collapse and recovery as .png and .svg into `folder` and returns the paths.

    With several backbones each file name ends in its backbone. Raises RuntimeError if kaleido or a browser is missing.
    """
    _find_browser()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {
        folder / f"{name}.{suffix}": figure.update_layout(paper_bgcolor="white", plot_bgcolor="white")
        for name, figure in _figures(study).items()
        for suffix in FORMATS
    }
    plotly.io.write_images(list(pictures.values()), list(pictures), width=900, height=520, scale=2)
    return list(pictures)


def _figures(study: Study) -> dict[str, go.Figure]:
    results = select_results(study)
    protocol = read_protocol(study.record, results)
    comparisons = [comparison for comparison in compare(results) if comparison.baseline]
    figures = {}
    for comparison in comparisons:
        ending = f"-{comparison.backbone}" if len(comparisons) > 1 else ""
        figures[f"collapse{ending}"] = collapse_figure(comparison, protocol.views)
        figures[f"recovery{ending}"] = recovery_figure(comparison, protocol.views)
    return figures


def _find_browser() -> None:
    """Names the browser to kaleido, which reads BROWSER_PATH and does not look for every name itself."""
    if importlib.util.find_spec("kaleido") is None:
        raise RuntimeError("--pictures needs the package kaleido; install it")
    browser = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise RuntimeError("--pictures needs Chromium or Chrome; install one, or set BROWSER_PATH to its program")
    os.environ["BROWSER_PATH"] = browser
