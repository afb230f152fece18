import numpy as np
import pytest

from analysis.comparison.report_data import gather
from analysis.plots.classes import classes_plot
from tests.analysis.made_study import write_predictions
from tests.analysis.plots.figures import first, named


def test_classes_are_named_and_those_that_lose_most_come_first(full_plots):
    figure = first(full_plots["classes"])
    own, low = named(figure, "TSM (16) at 16 frames"), named(figure, "TSM (16) at 4 frames")
    losses = np.subtract(own.x, low.x)
    assert list(losses) == sorted(losses, reverse=True)
    assert ": motion " in own.y[0]
    assert own.y[0].endswith("(50 clips)")


def test_the_classes_together_have_the_accuracy_of_the_arm(full_report, full_plots):
    trace = named(first(full_plots["classes"]), "FFN {4,8,16} at 4 frames")
    assert np.mean(trace.x) == pytest.approx(full_report.comparisons[0].accuracy("FFN {4,8,16}", 4).value, abs=0.01)


def test_of_many_classes_both_ends_are_shown(make_study, monkeypatch):
    monkeypatch.setattr("tests.analysis.made_study.CLASSES", [f"class {number}" for number in range(60)])
    folder = make_study()
    write_predictions(folder)
    views = classes_plot(gather(folder)).views
    assert list(views) == ["the 20 of 60 that lose most", "the 20 of 60 that lose least"]


def test_frames_of_the_classes_that_lose_most_stand_below_the_plot(make_study):
    folder = make_study(predictions=True)
    assert classes_plot(gather(folder)).examples == ()
    (folder / "examples").mkdir()
    for number in range(12):
        (folder / "examples" / f"{number}.jpg").write_bytes(b"picture")
    plot = classes_plot(gather(folder))
    captions = [example.caption for example in plot.examples]
    assert 3 <= len(captions) == len(set(captions)) <= 6
    most = first(plot).data[1].y[0].rsplit(" (", 1)[0]
    assert captions[0].startswith(f"{most}: loses ")
    assert all(example.uri.startswith("data:image/jpeg;base64,") for example in plot.examples)
