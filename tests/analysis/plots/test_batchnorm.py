import pytest

from tests.analysis.plots.reading import named


def test_separate_networks_are_compared_and_so_are_the_branches_of_one(full_plots):
    views = full_plots["batchnorm"].views
    assert list(views) == ["TSM and Separated Training, separate networks", "FFN {4,8,16}"]
    for figure in views.values():
        assert {trace.name for trace in figure.data} == {"4 frames", "8 frames", "16 frames"}


def test_the_layers_stand_in_the_order_of_the_network(full_plots):
    figure = full_plots["batchnorm"].views["FFN {4,8,16}"]
    mean = named(figure, "16 frames")
    assert list(mean.x) == ["bn1", "layer1.0.bn1", "layer1.0.bn2"]
    assert list(mean.y) == pytest.approx([-1.6] * 3)
