import pytest

from analysis.arms import LOOKS
from analysis.comparison import compare
from analysis.plots import report_plots
from analysis.protocol import read_protocol
from analysis.selection import select_results
from analysis.tables import load_study


@pytest.fixture
def plots(make_study):
    def draw(**changes):
        study = load_study(make_study(**changes))
        results = select_results(study)
        drawn = report_plots(study, results, compare(results), read_protocol(study.record, results))
        return {plot.name: plot for plot in drawn}

    return draw


def first(plot):
    return next(iter(plot.views.values()))


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_the_collapse_is_drawn_inside_its_interval(plots):
    figure = first(plots()["collapse"])
    curve, band = named(figure, "TSM (16)"), named(figure, "95 % interval")
    assert list(curve.x) == [2, 4, 6, 8, 12, 16, 24]
    highs, lows = band.y[: len(curve.y)], band.y[: len(curve.y) - 1 : -1]
    assert all(low <= top1 <= high for low, top1, high in zip(lows, curve.y, highs))


def test_the_recovery_shows_each_separated_network_at_its_own_count_only(plots):
    figure = first(plots()["recovery"])
    separated = named(figure, "Separated Training (each at its own count)")
    assert (list(separated.x), separated.mode) == ([4, 8], "markers")
    assert {trace.name for trace in figure.data} >= {"TSM (16)", "Re-calibrated TSM (16)", "FFN {4,8,16}"}


def test_one_seed_has_no_points_beside_its_line(plots):
    assert not any(trace.showlegend is False for trace in first(plots()["recovery"]).data)


def test_each_seed_is_a_point_beside_the_mean(plots):
    figure = first(plots(seeds=(0, 1, 2))["recovery"])
    points = [trace for trace in figure.data if trace.showlegend is False and trace.name == "FFN {4,8,16}"]
    assert [len(trace.x) for trace in points] == [3 * 7]


def test_a_method_has_one_colour_in_every_plot(plots):
    drawn = plots(seeds=(0, 1))
    for plot in ("recovery", "learning-curves"):
        for figure in drawn[plot].views.values():
            colors = {trace.line.color or trace.marker.color for trace in figure.data if "FFN" in trace.name}
            assert colors <= {LOOKS["ffn"].color}


def test_the_heat_map_opens_at_the_collapsed_count_and_offers_every_other(plots):
    views = plots()["learning-rates"].views
    assert list(views) == [f"{count} frames" for count in (4, 2, 6, 8, 12, 16, 24)]


def test_the_heat_map_marks_the_chosen_rate_of_every_arm(plots):
    heat_map = first(plots()["learning-rates"]).data[0]
    assert all(sum("✓" in text for text in row) == 1 for row in heat_map.text)
    assert list(heat_map.x) == ["0.02", "0.05"]


def test_learning_curves_name_each_arm_and_rate_once(plots):
    views = plots(seeds=(0, 1))["learning-curves"].views
    assert list(views) == ["4 frames", "8 frames", "16 frames"]
    named_once = [trace.name for trace in views["4 frames"].data if trace.showlegend]
    assert named_once == ["Separated Training (4), rate 0.05", "FFN {4,8,16}, rate 0.02", "FFN {4,8,16}, rate 0.05"]


def test_every_plot_says_how_to_read_it_and_has_a_label(plots):
    for plot in plots().values():
        assert plot.reading.endswith(".")
        assert len(plot.label) > 40
