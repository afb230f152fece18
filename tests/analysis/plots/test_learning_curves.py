import pytest

from analysis.comparison.report_data import gather
from analysis.plots.training import SHOWN_CURVES, learning_curves_plot


def test_each_arm_and_rate_is_named_once_whatever_its_seeds(full_plots):
    views = full_plots["learning-curves"].views
    assert list(views) == ["4 frames", "8 frames", "16 frames"]
    named_once = [trace.name for trace in views["4 frames"].data if trace.showlegend]
    assert named_once == ["Separated Training (4), rate 0.05", "FFN {4,8,16}, rate 0.02", "FFN {4,8,16}, rate 0.05"]


def test_a_curve_is_the_mean_over_seeds_within_their_range(full_report, full_plots):
    epochs = full_report.study.epochs
    top1 = epochs[epochs["trial"].str.startswith("ffn_4-8-16_lr0.05")].groupby("epoch")["validation_top1_16"]
    traces = full_plots["learning-curves"].views["16 frames"].data
    band, curve, *_ = (trace for trace in traces if trace.name == "FFN {4,8,16}, rate 0.05" and trace.yaxis == "y")
    assert list(curve.y) == pytest.approx(top1.mean().tolist(), abs=1e-4)
    assert list(band.y) == pytest.approx([*top1.max(), *reversed(top1.min().tolist())], abs=1e-4)


def test_a_trial_that_was_stopped_keeps_its_curve(write_tables):
    trials = [{"trial": "a", "method": "ffn", "train_frames": "4", "lr": 0.1, "seed": 0, "status": "stopped"}]
    epochs = [{"trial": "a", "epoch": epoch, "validation_top1_4": 10.0} for epoch in (1, 2)]
    figure = learning_curves_plot(gather(write_tables(trials=trials, epochs=epochs))).views["4 frames"]
    assert [list(trace.x) for trace in figure.data] == [[1, 2]]


def test_of_very_many_settings_the_best_are_drawn_and_the_others_counted(write_tables):
    trials = [{"trial": f"{number}", "method": "ffn", "train_frames": "4", "lr": 0.1, "setting": f"decay{number}",
               "seed": 0, "status": "finished"} for number in range(60)]  # fmt: skip
    epochs = [{"trial": f"{number}", "epoch": 1, "validation_top1_4": number} for number in range(60)]
    plot = learning_curves_plot(gather(write_tables(trials=trials, epochs=epochs)))
    drawn = [trace.name for trace in plot.views["4 frames"].data]
    assert len(drawn) == SHOWN_CURVES
    assert "FFN (4), decay59" in drawn
    assert f"{60 - SHOWN_CURVES} more were trained" in plot.reading
