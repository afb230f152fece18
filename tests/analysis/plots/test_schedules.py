import json

import pytest

from analysis.comparison.report_data import gather
from analysis.plots.training import phase_shares, schedules_plot
from tests.analysis.plots.reading import first


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
