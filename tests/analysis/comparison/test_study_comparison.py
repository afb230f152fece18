import json
import re
import shutil

import pandas as pd
import pytest

from analysis.comparison.report_data import gather
from analysis.comparison.study_comparison import compare_studies
from analysis.report.study_comparison_text import comparison_markdown


@pytest.fixture
def two_studies(make_study, tmp_path):
    """two_studies(**changes) -> a study, and its copy "other" with FFN worse by 50 clips and a changed record."""

    def make(**changes):
        folder, copy = make_study(predictions=True), tmp_path / "other"
        shutil.copytree(folder, copy)
        record = json.loads((copy / "study.json").read_text()) | {"name": "other"}
        for key, values in changes.items():
            record[key] = record[key] | values
        (copy / "study.json").write_text(json.dumps(record))
        _spoil_ffn(copy)
        return [gather(folder), gather(copy)]

    return make


def _spoil_ffn(folder):
    predictions = pd.read_parquet(folder / "predictions.parquet")
    spoilt = (predictions["method"] == "ffn") & (predictions["clip"] < 50)
    predictions["top1"] = predictions["top1"].mask(spoilt, -2)
    predictions.to_parquet(folder / "predictions.parquet")
    right = predictions["top1"] == predictions["label"]
    key = ["trial", "method", "split", "selection", "eval_frames"]
    top1 = (100 * right).groupby([predictions[name] for name in key]).mean().round(2).rename("top1")
    evaluations = pd.read_csv(folder / "evaluations.csv").drop(columns="top1")
    evaluations.merge(top1.reset_index(), on=key).to_csv(folder / "evaluations.csv", index=False)


def test_equal_protocols_are_compared_on_the_same_clips(two_studies):
    compared = compare_studies(two_studies())
    assert compared.protocol == ()
    rows = {row.arm: row for row in compared.differences}
    assert rows["TSM (16), tiny"].differences[4].estimate.value == 0
    ffn = rows["FFN {4,8,16}, tiny"].differences[16]
    assert ffn.estimate.value == pytest.approx(100 * 50 / 600, abs=0.01)
    assert ffn.p_value < 0.001
    assert (rows["TSM (16), tiny"].study, rows["TSM (16), tiny"].other) == ("demo", "other")


def test_networks_that_answer_alike_in_both_studies_are_identical_and_not_tested(two_studies):
    compared = compare_studies(two_studies())
    rows = {row.arm: row.differences for row in compared.differences}
    assert all(difference.identical for difference in rows["TSM (16), tiny"].values())
    assert not any(difference.identical for difference in rows["FFN {4,8,16}, tiny"].values())
    (line,) = re.findall(r"\| TSM \(16\), tiny \| demo minus.*", comparison_markdown(compared))
    assert line.count("identical") == len(rows["TSM (16), tiny"])


def test_unequal_protocols_are_named_and_no_difference_is_given(two_studies):
    compared = compare_studies(two_studies(protocol={"crop_size": 64}, data={"fingerprint": "other"}))
    assert compared.protocol == (
        "dataset fingerprint: 9f2c1a7b in demo, other in other", "crop size: 48 in demo, 64 in other",
    )  # fmt: skip
    assert compared.differences == ()
    text = comparison_markdown(compared)
    assert "**Not comparable**" in text
    assert "other (other protocol)" in text
    assert "Differences" not in text


def test_what_was_trained_differently_is_said(two_studies):
    studies = two_studies()
    for trial in studies[1].study.record["trials"]:
        training = trial["training"]
        training["recipe"]["momentum"], training["epochs"] = 0.5, 16
    trained = compare_studies(studies).training
    assert "epochs: 8 in demo, 16 in other" in trained
    assert "recipe.momentum: 0.9 in demo, 0.5 in other" in trained


def test_the_text_has_every_arm_of_every_study(two_studies):
    text = comparison_markdown(compare_studies(two_studies()))
    assert text.startswith("# demo against other\n\nThe protocols agree")
    assert text.count("| FFN {4,8,16}, tiny |") == 3
    assert "demo minus other" in text


def test_studies_of_one_name_are_told_apart_by_their_folders(make_study):
    report = gather(make_study())
    names = compare_studies([report, report]).names
    assert names[0].startswith("demo (/")


def test_one_study_and_an_empty_one_cannot_be_compared(make_study, write_tables):
    with pytest.raises(ValueError, match="two studies or more"):
        compare_studies([gather(make_study())])
    with pytest.raises(ValueError, match="evaluations.csv"):
        compare_studies([gather(write_tables())] * 2)
