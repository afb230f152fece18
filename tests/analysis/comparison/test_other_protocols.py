import pandas as pd
import pytest

from analysis.comparison.other_protocols import sampled_comparisons, viewed_comparisons
from analysis.comparison.report_data import gather
from analysis.plots.protocols import sampling_plot, views_plot
from tests.analysis.made_study import CLIPS, write_predictions


@pytest.fixture
def sampled_study(make_study):
    """Every network also on frames drawn from each segment, where TSM's half at 4 frames is twelve points better."""
    folder = make_study(seeds=(0, 1))
    rows = pd.read_csv(folder / "evaluations.csv")
    drawn = rows.assign(sampling="segments")
    plain = (drawn["method"] == "tsm") & drawn["adaptation"].isna()
    better = plain & (drawn["train_frames"] == "16") & (drawn["eval_frames"] == 4)
    drawn.loc[better, "top1"] = (drawn.loc[better, "top1"] + 12).round(2)
    pd.concat([rows, drawn]).to_csv(folder / "evaluations.csv", index=False)
    write_predictions(folder)
    return folder


def test_other_draws_of_frames_are_no_arms_of_their_own(sampled_study):
    report = gather(sampled_study)
    assert set(report.results.evaluations["sampling"]) == {"centre"}
    assert report.comparisons[0].arms == [
        "TSM (16)", "Separated Training (4)", "Separated Training (8)", "Re-calibrated TSM (16)", "FFN {4,8,16}",
    ]  # fmt: skip
    assert len(report.results.evaluations) == len(report.results.others)


def test_an_arm_on_another_draw_has_that_draws_accuracy_and_predictions(sampled_study):
    report = gather(sampled_study)
    comparison = report.comparisons[0]
    (sampled,) = sampled_comparisons(report, comparison).values()
    gain = sampled.accuracy("TSM (16)", 4).value - comparison.accuracy("TSM (16)", 4).value
    assert gain == pytest.approx(12, abs=0.01)
    for count in (4, 16):
        right = sampled.outcomes("TSM (16)", count)
        assert 100 * right.to_numpy().mean() == pytest.approx(sampled.accuracy("TSM (16)", count).value, abs=0.01)
        assert len(right) == CLIPS


def test_the_plot_shows_both_draws_for_all_classes_and_each(sampled_study):
    report = gather(sampled_study)
    plot = sampling_plot(report)
    assert list(plot.views) == ["4 frames, segments", "8 frames, segments", "16 frames, segments"]
    figure = plot.views["4 frames, segments"]
    even, drawn = (trace for trace in figure.data if trace.name == "TSM (16)")
    assert len(even.x) == len(drawn.x) == 13
    whole = report.comparisons[0].accuracy("TSM (16)", 4)
    assert even.customdata[0] == ["all classes, even stride", whole.low, whole.high]
    assert drawn.x[0] - even.x[0] == pytest.approx(12, abs=0.01)
    changes = [after - before for before, after in zip(even.x[1:], drawn.x[1:])]
    assert changes == sorted(changes, reverse=True)
    assert {trace.name for trace in figure.data if trace.name} == {
        "TSM (16)", "Re-calibrated TSM (16)", "Separated Training (4)", "FFN {4,8,16}",
    }  # fmt: skip


def test_a_study_of_one_draw_has_no_such_plot(full_report):
    assert sampling_plot(full_report).views == {}


@pytest.fixture
def viewed_study(make_study):
    """Every network also on two clips of three crops, a tenth of the way better to all right."""
    folder = make_study()
    rows = pd.read_csv(folder / "evaluations.csv")
    wider = rows.assign(views="2x3", top1=(rows["top1"] + (100 - rows["top1"]) / 10).round(2))
    pd.concat([wider, rows]).to_csv(folder / "evaluations.csv", index=False)
    write_predictions(folder)
    return folder


def test_more_views_are_no_arms_of_their_own_and_change_no_other_number(viewed_study, make_study):
    report = gather(viewed_study)
    assert report.protocol.at(4) == "4×1×1"
    (comparison,) = report.comparisons
    (viewed,) = viewed_comparisons(report, comparison).values()
    assert sampled_comparisons(report, comparison) == {}
    for label in comparison.arms:
        one, six = (found.accuracy(label, 4).value for found in (comparison, viewed))
        assert six == pytest.approx(one + (100 - one) / 10, abs=0.1)
        assert comparison.accuracy(label, 4).value == comparison.arm_rows(label).set_index("eval_frames")["top1"][4]


def test_the_plot_of_views_is_drawn_from_the_table_of_its_csv(viewed_study, full_report):
    plot = views_plot(gather(viewed_study))
    assert list(plot.views) == list(plot.tables)
    for name, figure in plot.views.items():
        for trace in figure.data:
            rows = plot.tables[name].query("views == @trace.name")
            assert list(trace.x) == rows["frames"].tolist() and list(trace.y) == rows["top1"].tolist()
        assert {trace.name for trace in figure.data} == {"1x1", "2x3"}
    assert views_plot(full_report).views == {}
