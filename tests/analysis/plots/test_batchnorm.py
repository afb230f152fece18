import pytest

from tests.analysis.made_study import LAYERS
from tests.analysis.plots.figures import first, named


def test_separate_networks_are_compared_and_so_are_the_branches_of_one(full_plots):
    views = full_plots["batchnorm"].views
    assert list(views) == ["TSM and Separated Training, separate networks", "FFN {4,8,16}"]
    for figure in views.values():
        assert {trace.name for trace in figure.data} == {"4 frames", "8 frames", "16 frames"}


def test_the_layers_stand_in_the_order_of_the_network(full_plots):
    figure = full_plots["batchnorm"].views["FFN {4,8,16}"]
    mean = named(figure, "16 frames")
    assert list(mean.x) == LAYERS
    assert list(mean.y) == pytest.approx([-1.6] * len(LAYERS))


def test_the_parts_add_up_to_full_recovery(full_report, full_plots):
    comparison, figure = full_report.comparisons[0], first(full_plots["recalibration"])
    parts = [named(figure, name) for name in ("TSM (16)", "closed by re-calibration", "left")]
    sums = dict(zip(parts[0].x, map(sum, zip(*(part.y for part in parts)))))
    assert list(sums) == ["2", "4", "6", "8", "12"]
    assert sums["4"] == pytest.approx(comparison.accuracy("Separated Training (4)", 4).value)
    assert sums["12"] == pytest.approx(comparison.accuracy("TSM (16)", 16).value)
