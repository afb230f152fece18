"""Folds: networks whose folds are trials of their own are shown like networks that are one trial."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis.comparison.report_data import gather
from analysis.comparison.study_comparison import compare_studies
from analysis.reading.protocol import protocol_sentence
from analysis.reading.tables import load_study
from analysis.report.page import render_report
from analysis.report.paper_tables import study_table
from analysis.report.result_tables import listed_trials
from analysis.wording.caveats import caveats
from tests.analysis.made_study import EVAL_FRAMES, write_batchnorm, write_predictions, write_study

ARMS = (("tsm", "16"), ("tsm", "4"), ("ffn", "4+8+16"))
FOLDS = 3
TABLES = ("trials.csv", "epochs.csv", "evaluations.csv", "batchnorm.csv")
FFN = "ffn_4-8-16_lr0.05_seed1"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A study of two seeds without folds, validated on all its clips."""
    folder = write_study(tmp_path_factory.mktemp("whole") / "demo", (0, 1), ARMS)
    evaluations = pd.read_csv(folder / "evaluations.csv", keep_default_na=False)
    evaluations[evaluations["split"] == "validation"].to_csv(folder / "evaluations.csv", index=False)
    write_predictions(folder)
    write_batchnorm(folder)
    return folder


@pytest.fixture
def split(whole, tmp_path):
    """The same study as three trials per network, each evaluated on the clips of its fold."""
    return split_into_folds(whole, tmp_path / "folds")


def split_into_folds(whole, folder):
    folder.mkdir()
    for name in TABLES:
        table = pd.read_csv(whole / name, keep_default_na=False)
        parts = [table.assign(trial=table["trial"] + f"-fold{fold}", fold=fold) for fold in range(FOLDS)]
        pd.concat(parts).to_csv(folder / name, index=False)
    predictions = pd.read_parquet(whole / "predictions.parquet")
    fold = (predictions["clip"] ** 2 + 7 * predictions["clip"] // 5) % FOLDS  # of different sizes
    predictions = predictions.assign(trial=predictions["trial"] + "-fold" + fold.astype(str), fold=fold)
    predictions.sample(frac=1, random_state=0).to_parquet(folder / "predictions.parquet")
    count_again(folder, predictions)
    record = json.loads((whole / "study.json").read_text())
    trials = [trial | {"name": f"{trial['name']}-fold{fold}", "fold": fold} for trial in record["trials"]
              for fold in range(FOLDS)]  # fmt: skip
    (folder / "study.json").write_text(json.dumps(record | {"trials": trials}))
    return folder


def count_again(folder, predictions):
    """Each fold's accuracy and number of clips, from its predictions."""
    key = ["trial", "split", "selection", "eval_frames", "adaptation", "sampling", "views"]
    right = predictions.assign(right=predictions["top1"] == predictions["label"]).groupby(key)["right"]
    counted = right.agg(["mean", "size"]).reset_index()
    table = pd.read_csv(folder / "evaluations.csv", keep_default_na=False).merge(counted, on=key)
    table.assign(top1=(100 * table["mean"]).round(2), clips=table["size"]).drop(columns=["mean", "size"]).to_csv(
        folder / "evaluations.csv", index=False
    )


def change(folder, name, keep):
    table = pd.read_csv(folder / name, keep_default_na=False)
    table[keep(table)].to_csv(folder / name, index=False)


def test_folds_give_the_accuracies_intervals_and_tests_of_one_trial(whole, split):
    one, pooled = gather(whole).comparisons[0], gather(split).comparisons[0]
    assert pooled.arms == one.arms
    for arm in one.arms:
        for count in EVAL_FRAMES:
            assert np.allclose(pooled.accuracy(arm, count), one.accuracy(arm, count), atol=0.01, equal_nan=True)
            of_one, of_pooled = (case.difference(arm, count, one.baseline, 16) for case in (one, pooled))
            assert np.allclose(of_pooled.estimate, of_one.estimate, equal_nan=True)
            assert of_pooled.p_value == pytest.approx(of_one.p_value, nan_ok=True)


def test_everything_else_is_told_as_of_one_trial(whole, split):
    one, pooled = load_study(whole), load_study(split)
    for name, sort in (
        ("trials", ["trial"]),
        ("epochs", ["trial", "epoch"]),
        ("batchnorm", ["trial", "count", "layer"]),
    ):
        expected, found = (getattr(study, name).sort_values(sort, ignore_index=True) for study in (one, pooled))
        ignored = [*({"fold", "seconds"} & {*expected})]
        pd.testing.assert_frame_equal(
            found[expected.columns].drop(columns=ignored), expected.drop(columns=ignored), check_dtype=False
        )
    assert pooled.trials["seconds"].sum() == pytest.approx(FOLDS * one.trials["seconds"].sum())
    assert [trial["name"] for trial in pooled.record["trials"]] == [trial["name"] for trial in one.record["trials"]]


def test_the_report_says_what_folds_mean_and_shows_the_last_epoch(split):
    report = gather(split)
    sentence = protocol_sentence(report.protocol)
    assert "600 clips in 3 folds: every clip is predicted by a network that has not seen it, last epoch" in sentence
    assert caveats(report) == []
    assert not any("-fold" in trial for trial in listed_trials(report))


def test_the_folds_own_files_tell_the_same_as_their_union(split):
    union = gather(split).comparisons[0]
    for trial, own in pd.read_parquet(split / "predictions.parquet").groupby("trial"):
        (split / "trials" / trial).mkdir(parents=True)
        own.to_parquet(split / "trials" / trial / "predictions.parquet")
    (split / "predictions.parquet").unlink()
    apart = gather(split).comparisons[0]
    assert all(apart.accuracy(arm, 4) == union.accuracy(arm, 4) for arm in union.arms)


@pytest.mark.parametrize("name", ["evaluations.csv", "trials.csv evaluations.csv epochs.csv"])
def test_an_incomplete_set_is_left_out_and_named(name, split):
    complete = gather(split).comparisons[0]
    for table in name.split():
        change(split, table, lambda rows: rows["trial"] != f"{FFN}-fold1")
    report = gather(split)
    rows = report.comparisons[0].arm_rows("FFN {4,8,16}")
    assert set(rows["seed"]) == {0}
    assert set(rows["clips"]) == {600}
    assert report.comparisons[0].accuracy("TSM (16)", 4) == complete.accuracy("TSM (16)", 4)
    assert caveats(report) == ["FFN {4,8,16}, seed 1: left out, fold 1 of 3 (counted from 0) was not evaluated."]


def test_where_no_set_is_complete_the_missing_folds_are_named(split):
    for table in ("trials.csv", "evaluations.csv"):
        change(split, table, lambda rows: rows["trial"].str.endswith("-fold0") | rows["trial"].str.endswith("-fold2"))
    report = gather(split)
    missing = r"evaluations.csv has no network with all of its 3 folds, counted from 0 \(missing: 1\)"
    with pytest.raises(ValueError, match=missing):
        study_table(report)
    with pytest.raises(ValueError, match=missing):
        compare_studies([report, report])
    assert "<h1>No network has been evaluated on all of its 3 folds yet.</h1>" in render_report(report, [])


def test_a_set_is_finished_when_all_its_folds_are(split):
    trials = pd.read_csv(split / "trials.csv").astype({"reason": object})
    trials.loc[trials["trial"] == f"{FFN}-fold2", ["status", "reason"]] = ["failed", "out of memory"]
    trials.to_csv(split / "trials.csv", index=False)
    row = load_study(split).trials.set_index("trial").loc[FFN]
    assert (row["status"], row["reason"]) == ("failed", "out of memory")


@pytest.mark.parametrize("known", [{}, {"trials": None}, {"trials": []}])
def test_a_record_without_trials_is_none_the_worse_for_folds(split, known):
    (split / "study.json").write_text(json.dumps({"name": "demo", **known}))
    assert gather(split).comparisons[0].arms


def test_a_pretraining_disturbs_nothing(split):
    before = gather(split)
    write_pretraining(split)
    after = gather(split)
    assert after.results.highest_tsm == before.results.highest_tsm
    assert after.comparisons[0].arms == before.comparisons[0].arms
    assert caveats(after) == []
    assert len(after.study.trials) == len(before.study.trials) + 1
    assert "pre-training" in set(after.study.trials["variant"])


def write_pretraining(folder):
    """A TSM at more frames than any other, trained on synthetic clips."""
    for name in ("trials.csv", "epochs.csv"):
        table = pd.read_csv(folder / name, keep_default_na=False)
        own = table[table["trial"] == "tsm_16_lr0.05_seed0-fold0"].assign(trial="pretrained", fold="")
        own = own.assign(train_frames="32") if name == "trials.csv" else own
        pd.concat([table, own]).to_csv(folder / name, index=False)
    record = json.loads((folder / "study.json").read_text())
    synthetic = {"name": "pretrained", "method": "tsm", "training": {"epochs": 2}, "synthetic": {"motions": "slow"}}
    (folder / "study.json").write_text(json.dumps(record | {"trials": [*record["trials"], synthetic]}))
