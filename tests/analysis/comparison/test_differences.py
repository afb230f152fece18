import numpy as np
import pandas as pd
import pytest

from analysis.comparison.differences import difference_counts, differences
from analysis.comparison.report_data import gather
from analysis.statistics.clip_statistics import holm
from tests.analysis.made_study import add_retrofit


def test_separated_training_stands_for_the_network_of_each_count(full_report):
    comparison = full_report.comparisons[0]
    rows = differences(comparison)["Separated Training"]
    assert {row.count for row in rows} == {4, 8}
    row = next(row for row in rows if (row.arm, row.count) == ("FFN {4,8,16}", 8))
    assert row.difference == comparison.difference("FFN {4,8,16}", 8, "Separated Training (8)", 8)


def test_each_arm_is_compared_with_every_joint_one_but_itself(full_report):
    found = differences(full_report.comparisons[0])
    assert list(found) == ["Separated Training", "TSM (16)", "Re-calibrated TSM (16)", "FFN {4,8,16}"]
    assert {row.arm for row in found["FFN {4,8,16}"]} == {"TSM (16)", "Re-calibrated TSM (16)"}
    assert difference_counts(full_report.comparisons[0]) == [4, 8, 16]


def test_p_values_are_corrected_over_all_comparisons_with_the_same_other(full_report):
    for rows in differences(full_report.comparisons[0]).values():
        assert [row.adjusted for row in rows] == pytest.approx(holm([row.difference.p_value for row in rows]).tolist())
        assert all(row.established == (row.adjusted < 0.05) for row in rows)


def test_a_true_difference_of_one_seed_is_established_and_none_is_not(make_study):
    rows = differences(gather(make_study(predictions=True)).comparisons[0])["TSM (16)"]
    verdicts = {(row.arm, row.count): row.established for row in rows}
    assert verdicts["FFN {4,8,16}", 4]
    assert not verdicts["FFN {4,8,16}", 16]


def test_one_seed_without_predictions_cannot_be_tested(make_study):
    rows = differences(gather(make_study()).comparisons[0])["TSM (16)"]
    assert all(np.isnan(row.adjusted) and not row.established for row in rows)


def test_identical_answers_are_no_difference_to_test(make_study):
    rows = differences(gather(add_retrofit(make_study(predictions=True))).comparisons[0])["TSM (16)"]
    found = {(row.arm, row.count): row for row in rows}
    same = found["Retrofit (4)", 16]
    assert same.difference.identical
    assert same.difference.estimate.value == 0
    assert np.isnan([*same.difference.estimate[1:], same.adjusted]).all()
    assert not found["Retrofit (4)", 4].difference.identical
    others = [row for row in rows if not row.difference.identical]
    assert [row.adjusted for row in others] == pytest.approx(holm([row.difference.p_value for row in others]).tolist())


@pytest.mark.parametrize("probability", [0.5, np.nan])
def test_equal_classes_alone_are_not_identical_answers(make_study, probability):
    comparison = gather(add_retrofit(make_study(predictions=True), probability=probability)).comparisons[0]
    difference = comparison.difference("Retrofit (4)", 16, "TSM (16)", 16)
    assert not difference.identical
    assert difference.estimate.low < difference.estimate.value == 0 < difference.estimate.high


def test_without_a_baseline_nothing_is_compared(make_study):
    assert differences(gather(make_study(arms=(("ffn", "4+8+16"),))).comparisons[0]) == {}


def test_separated_training_under_another_recipe_is_an_other_of_its_own(make_study):
    folder = make_study(seeds=(0, 1, 2))
    for name in ("trials.csv", "evaluations.csv"):
        rows = pd.read_csv(folder / name, dtype={"train_frames": str})
        mixed = rows[rows["train_frames"] == "4"].assign(variant="mix", trial=lambda table: table["trial"] + "-mix")
        pd.concat([rows, mixed]).to_csv(folder / name, index=False)
    found = differences(gather(folder).comparisons[0])
    assert list(found)[:2] == ["Separated Training", "Separated Training, mix"]
    assert {row.count for row in found["Separated Training, mix"]} == {4}
    assert {row.arm for row in found["Separated Training, mix"]} == {row.arm for row in found["Separated Training"]}
