import pandas as pd
import pytest

from analysis.comparison.report_data import gather
from analysis.comparison.sampling import sampled_comparisons
from analysis.plots.sampling import sampling_plot
from tests.analysis.conftest import CLIPS, write_predictions


@pytest.fixture
def sampled_study(make_study):
    """Every network also on frames drawn from each segment, where TSM's half at 4 frames is twelve points better."""
    folder = make_study(seeds=(0, 1))
    rows = pd.read_csv(folder / "evaluations.csv")
    drawn = rows.assign(method=rows["method"] + "+segments")
    better = (drawn["method"] == "tsm+segments") & (drawn["train_frames"] == "16") & (drawn["eval_frames"] == 4)
    drawn.loc[better, "top1"] = (drawn.loc[better, "top1"] + 12).round(2)
    pd.concat([rows, drawn]).to_csv(folder / "evaluations.csv", index=False)
    write_predictions(folder)
    return folder


def test_other_draws_of_frames_are_no_arms_of_their_own(sampled_study, make_study, tmp_path):
    evidence = gather(sampled_study)
    assert not evidence.study.evaluations["method"].str.contains("segments").any()
    assert evidence.comparisons[0].arms == [
        "TSM (16)", "Separated Training (4)", "Separated Training (8)", "Re-calibrated TSM (16)", "FFN {4,8,16}",
    ]  # fmt: skip
    assert len(evidence.study.evaluations) == len(evidence.study.sampled)


def test_an_arm_on_another_draw_has_that_draws_accuracy_and_predictions(sampled_study):
    evidence = gather(sampled_study)
    comparison = evidence.comparisons[0]
    (sampled,) = sampled_comparisons(evidence, comparison).values()
    gain = sampled.accuracy("TSM (16)", 4).value - comparison.accuracy("TSM (16)", 4).value
    assert gain == pytest.approx(12, abs=0.01)
    for count in (4, 16):
        right = sampled.outcomes("TSM (16)", count)
        assert 100 * right.to_numpy().mean() == pytest.approx(sampled.accuracy("TSM (16)", count).value, abs=0.01)
        assert len(right) == CLIPS


def test_the_plot_shows_both_draws_for_all_classes_and_each(sampled_study):
    evidence = gather(sampled_study)
    plot = sampling_plot(evidence)
    assert list(plot.views) == ["4 frames, segments", "8 frames, segments", "16 frames, segments"]
    figure = plot.views["4 frames, segments"]
    even, drawn = (trace for trace in figure.data if trace.name == "TSM (16)")
    assert len(even.x) == len(drawn.x) == 13
    whole = evidence.comparisons[0].accuracy("TSM (16)", 4)
    assert even.customdata[0] == ["all classes, even stride", whole.low, whole.high]
    assert drawn.x[0] - even.x[0] == pytest.approx(12, abs=0.01)
    changes = [after - before for before, after in zip(even.x[1:], drawn.x[1:])]
    assert changes == sorted(changes, reverse=True)
    assert {trace.name for trace in figure.data if trace.name} == {
        "TSM (16)", "Re-calibrated TSM (16)", "Separated Training (4)", "FFN {4,8,16}",
    }  # fmt: skip


def test_a_study_of_one_draw_has_no_such_plot(full_evidence):
    assert sampling_plot(full_evidence).views == {}
