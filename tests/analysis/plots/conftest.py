"""The plots of one study, drawn once."""

import pytest

from analysis.plots.all_plots import report_plots


@pytest.fixture(scope="session")
def full_plots(full_report):
    """The plots of a study of three seeds with every table, by name; only for looking."""
    return {plot.name: plot for plot in report_plots(full_report)}
