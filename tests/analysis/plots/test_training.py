import json

import pytest

from analysis.comparison.report_data import gather
from analysis.plots.training import SHOWN_CURVES, learning_curves_plot, phase_shares, schedules_plot
from tests.analysis.plots.figures import first


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
    assert len({trace.marker.symbol for trace in plot.views["4 frames"].data}) == SHOWN_CURVES


@pytest.mark.parametrize(("phase", "shares"), [
    ({"frame_sets": [[4, 8, 16]], "probabilities": []}, {4: 1, 8: 1, 16: 1}),
    ({"frame_sets": [[16], [4]], "probabilities": [0.75, 0.25]}, {16: 0.75, 4: 0.25}),
    ({"frame_sets": [[16, 4], [16]], "probabilities": []}, {16: 1, 4: 0.5}),
])  # fmt: skip
def test_the_share_of_steps_that_train_a_count(phase, shares):
    assert phase_shares(phase) == shares


def test_phases_follow_each_other_over_the_epochs(write_tables):
    phases = [{"frame_sets": [[16]], "share": 2}, {"frame_sets": [[4]], "share": 1}]
    row = {"trial": "a", "method": "finetune", "train_frames": "16->4", "eval_frames": 4, "lr": 0.1, "seed": 0,
           "split": "test", "selection": "last", "clips": 9, "top1": 5}  # fmt: skip
    folder = write_tables(evaluations=[row])
    trial = {"name": "a", "training": {"epochs": 75, "schedule": {"phases": phases}}}
    (folder / "study.json").write_text(json.dumps({"trials": [trial]}))
    lines = first(schedules_plot(gather(folder))).data
    assert [(line.x, line.y) for line in lines] == [((0, 50), ("16", "16")), ((50, 75), ("4", "4"))]


def test_every_trained_arm_has_its_panel(full_plots):
    titles = [annotation.text for annotation in first(full_plots["schedules"]).layout.annotations]
    assert titles == ["TSM (16)", "Separated Training (4)", "Separated Training (8)", "FFN {4,8,16}"]
