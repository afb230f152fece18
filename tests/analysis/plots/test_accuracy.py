import pytest

from analysis.comparison.report_data import gather
from analysis.plots.accuracy import recovery_plot
from tests.analysis.paper_study import PROTOCOL, write_paper_study
from tests.analysis.plots.figures import first, named, names


def test_the_collapse_is_drawn_inside_its_interval(full_plots):
    figure = first(full_plots["collapse"])
    curve, band = named(figure, "TSM (16)"), named(figure, "95 % interval")
    assert list(curve.x) == [2, 4, 6, 8, 12, 16, 24]
    highs, lows = band.y[: len(curve.y)], band.y[: len(curve.y) - 1 : -1]
    assert all(low <= top1 <= high for low, top1, high in zip(lows, curve.y, highs))


def test_the_recovery_shows_each_separated_network_at_its_own_count_only(full_plots):
    figure = first(full_plots["recovery"])
    separated = named(figure, "Separated Training (each at its own count)")
    assert (list(separated.x), separated.mode) == ([4, 8], "markers")
    assert set(names(figure)) >= {"TSM (16)", "Re-calibrated TSM (16)", "FFN {4,8,16}"}


def test_without_variants_no_name_is_grey(full_plots):
    assert "grey" not in full_plots["recovery"].reading
    assert all(trace.visible for trace in first(full_plots["recovery"]).data)


def test_one_seed_has_no_points_beside_its_line(make_study):
    assert not any(trace.showlegend is False for trace in first(recovery_plot(gather(make_study()))).data)


def test_each_seed_is_a_point_beside_the_mean(full_plots):
    figure = first(full_plots["recovery"])
    points = [trace for trace in figure.data if trace.showlegend is False and trace.name == "FFN {4,8,16}"]
    assert [len(trace.x) for trace in points] == [3 * 7]


def test_a_variant_hides_behind_its_plain_method_and_not_otherwise(write_tables):
    arms = [("ffn", ""), ("ffn", "without SN"), ("mixed", "rho=0.50")]
    rows = [{"trial": f"{method}{variant}", "method": method, "variant": variant, "train_frames": "4+16",
             "eval_frames": 4, "lr": 0.1, "seed": 0, "split": "test", "selection": "last", "clips": 600, "top1": 50.0}
            for method, variant in arms]  # fmt: skip
    plot = recovery_plot(gather(write_tables(evaluations=rows)))
    assert "A grey name in the legend" in plot.reading
    assert {trace.name: trace.visible for trace in first(plot).data} == {
        "FFN {4,16}": True, "FFN {4,16}, without SN": "legendonly", "Mixed {4,16}, rho=0.50": True,
    }  # fmt: skip


@pytest.mark.parametrize(("at_16", "visible"), [(95, True), (85, "legendonly")])
def test_a_variant_that_recovers_better_is_shown(write_tables, at_16, visible):
    rows = [{"trial": f"{method}{variant}", "method": method, "variant": variant, "train_frames": frames,
             "eval_frames": count, "lr": 0.1, "seed": 0, "split": "test", "selection": "last", "clips": 600,
             "top1": top1} for method, variant, frames, accuracies in
            (("tsm", "", "16", (20, 90)), ("ffn", "", "4+16", (70, 90)), ("ffn", "kernels", "4+16", (70, at_16)))
            for count, top1 in zip((4, 16), accuracies)]  # fmt: skip
    figure = first(recovery_plot(gather(write_tables(evaluations=rows))))
    (variant,) = [trace for trace in figure.data if trace.name == "FFN {4,16}, kernels" and trace.showlegend]
    assert variant.visible == visible


def test_a_variant_of_separated_training_has_a_name_and_a_place_of_its_own(write_tables):
    arms = [("", "16"), ("", "4"), ("equal frames", "4")]
    rows = [{"trial": f"{variant}{trained}", "method": "tsm", "variant": variant, "train_frames": trained,
             "eval_frames": count, "lr": 0.1, "seed": 0, "split": "test", "selection": "last", "clips": 9, "top1": 50.0}
            for variant, trained in arms for count in (4, 16)]  # fmt: skip
    figure = first(recovery_plot(gather(write_tables(evaluations=rows))))
    each = "Separated Training (each at its own count)"
    assert {trace.name: (trace.visible, list(trace.x)) for trace in figure.data} == {
        "TSM (16)": (True, [4, 16]), each: (True, [4]), f"{each}, equal frames": ("legendonly", [4]),
    }  # fmt: skip
    assert named(figure, each).marker.symbol == "diamond"
    assert named(figure, f"{each}, equal frames").marker.symbol != "diamond"


def test_published_figures_stand_where_data_and_protocol_agree(write_tables):
    figure = first(recovery_plot(gather(write_paper_study(write_tables))))
    assert dict(zip(*(named(figure, "TSM (16), published")[axis] for axis in "xy"))) == {4: 31.52, 8: 51.55, 16: 61.02}
    assert tuple(named(figure, "Separated Training, published").y) == (53.38, 59.29, 61.02)
    assert named(figure, "FFN {4,8,16}, published").marker.symbol == "star-open"


def test_published_figures_stand_nowhere_else(write_tables):
    plot = recovery_plot(gather(write_paper_study(write_tables, protocol=PROTOCOL | {"crop_size": 112})))
    assert not any("published" in name for name in names(first(plot)))
    assert "published" not in plot.reading
