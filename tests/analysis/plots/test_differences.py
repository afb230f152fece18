import pytest

from analysis.comparison.differences import differences
from analysis.comparison.report_data import gather
from analysis.plots.differences import backbones_plot, nearest_trained
from tests.analysis.plots.figures import first, named, names


def test_each_marker_is_a_paired_difference_and_filled_where_established(full_report, full_plots):
    trace = named(first(full_plots["differences"]), "minus Separated Training")
    rows = [row for row in differences(full_report.comparisons[0])["Separated Training"] if row.count == 4]
    assert list(trace.y) == [row.arm for row in rows]
    assert list(trace.x) == [row.difference.estimate.value for row in rows]
    assert ["open" not in symbol for symbol in trace.marker.symbol] == [row.established for row in rows]


def test_every_trained_count_is_a_view(full_plots):
    assert list(full_plots["differences"].views) == ["4 frames", "8 frames", "16 frames"]


def two_backbones(write_tables):
    """Top-1 of three seeds at 4 and 16 frames: R(2+1)D falls from 90 to 20, the transformer from 90 to 75, and where
    they are trained at 4 they have 80; FFN variants are no part of the question."""
    top1 = {("tsm", "", "16"): (20, 90), ("tsm", "", "4"): (80, 40), ("ffn", "", "4+16"): (78, 90),
            ("ffn", "wider", "4+16"): (79, 90)}  # fmt: skip
    falls = {"r2plus1d_18": 0, "swin3d_t": 55}
    trials = [{"trial": f"{method}{variant}-{frames}-{backbone}-{seed}", "method": method, "variant": variant,
               "model": backbone if method == "tsm" else f"ffn_{backbone}", "train_frames": frames, "seed": seed,
               "lr": 0.1, "seconds": 60}
              for backbone in falls for method, variant, frames in top1 for seed in range(3)]  # fmt: skip
    rows = [{**trial, "eval_frames": count, "split": "test", "selection": "last", "clips": 600,
             "top1": top1[trial["method"], trial["variant"], trial["train_frames"]][place] + 0.1 * trial["seed"] * place
             + (falls[trial["model"]] if trial["train_frames"] == "16" and count == 4 else 0)}
            for trial in trials for place, count in enumerate((4, 16))]  # fmt: skip
    return gather(write_tables(trials=trials, evaluations=rows))


def test_backbones_are_measured_from_their_own_separated_training(write_tables):
    table = backbones_plot(two_backbones(write_tables)).tables["4 frames"]
    assert dict(zip(zip(table["backbone"], table["network"]), table["points"])) == {
        ("r2plus1d_18", "as trained"): -60, ("r2plus1d_18", "FFN"): -2,
        ("swin3d_t", "as trained"): -5, ("swin3d_t", "FFN"): -2,
    }  # fmt: skip


def test_the_networks_of_a_backbone_stand_side_by_side_and_the_axis_names_what_is_subtracted(write_tables):
    figure = first(backbones_plot(two_backbones(write_tables)))
    assert names(figure) == ["FFN", "as trained"]
    assert (figure.layout.scattermode, {trace.orientation for trace in figure.data}) == ("group", {"h"})
    assert figure.layout.xaxis.title.text.startswith("top-1 minus that of Separated Training (points)")


def test_one_backbone_is_not_compared_with_others(full_report):
    assert not backbones_plot(full_report).tables


@pytest.mark.parametrize(("count", "nearest"), [(2, 4), (6, 8), (10, 8), (12, 16), (24, 16)])
def test_the_nearest_count_serves_and_on_a_tie_the_higher(count, nearest):
    assert nearest_trained((4, 8, 16), count) == nearest


def test_a_network_at_its_own_count_loses_nothing_there(full_plots):
    trace = named(first(full_plots["distance"]), "TSM (16)")
    losses = dict(zip(trace.x, trace.y))
    assert losses[1] == 0
    assert losses[4 / 16] < losses[8 / 16] < 0


def test_ffn_is_measured_from_the_sub_network_that_serves(full_report, full_plots):
    trace = named(first(full_plots["distance"]), "FFN {4,8,16}")
    change = full_report.comparisons[0].difference("FFN {4,8,16}", 6, "FFN {4,8,16}", 8)
    assert change.estimate.value in trace.y
    assert trace.mode == "markers"
