import pandas as pd
import pytest

from analysis import StudyError, sure_threshold
from analysis.comparison.cascades import (
    AS_ACCURATE,
    FIXED,
    ORACLE,
    RULES,
    calibration_table,
    cascade_tables,
    hidden_cascades,
)
from analysis.comparison.report_data import gather
from analysis.plots.cascades import calibration_plot, cascade_plot
from analysis.statistics.clip_statistics import accuracy_over_clips

FFN, OTHER = "ffn_4-8-16_lr0.05_seed0", "ffn_4-8-16_lr0.05_seed1"


@pytest.fixture(scope="module")
def tables(full_report):
    return cascade_tables(full_report, full_report.comparisons[0])


def of_rule(table, rule):
    return table[table["rule"] == rule]


def test_networks_of_several_counts_and_separated_training_are_cascades(tables):
    assert list(tables) == ["FFN {4,8,16}", "Separated Training"]
    for table in tables.values():
        assert set(table["rule"]) == set(RULES)
        assert table["frames"].between(4, 28).all()


def test_fixed_counts_are_those_of_the_other_tables(tables, full_report):
    comparison = full_report.comparisons[0]
    fixed = of_rule(tables["FFN {4,8,16}"], FIXED).set_index("frames")
    for count in (4, 8, 16):
        accuracy = comparison.accuracy("FFN {4,8,16}", count)
        assert fixed.loc[count, ["top1", "low", "high"]].tolist() == pytest.approx(accuracy, abs=0.01)
        assert fixed.loc[count, "gmacs"] == pytest.approx(0.004 * count)


def test_every_rule_lies_between_the_cheapest_count_and_the_oracle(tables):
    for table in tables.values():
        best = of_rule(table, ORACLE)["top1"].item()
        assert (table["top1"] <= best).all()
        assert (table["gmacs"] >= of_rule(table, FIXED)["gmacs"].min() - 1e-9).all()
        assert len(of_rule(table, AS_ACCURATE)) == 1


def test_calibration_errors_are_of_every_network_in_a_cascade(full_report):
    errors = calibration_table(full_report, full_report.comparisons[0])
    assert list(errors["frames"]) == [4, 8, 16, 4, 8, 16]
    assert errors["error"].between(0, 100).all()


def test_tables_of_earlier_versions_have_no_cascades(make_study):
    folder = make_study(predictions=True)
    path = folder / "predictions.parquet"
    rows = pd.read_parquet(path)
    rows.drop(columns=[name for name in rows if name.startswith("probability")]).to_parquet(path, index=False)
    report = gather(folder)
    assert cascade_tables(report, report.comparisons[0]) == {}
    assert calibration_table(report, report.comparisons[0]).empty


def test_clips_are_paired_by_their_number_where_each_seed_lacks_another(make_study):
    """The same answers of two seeds but for one clip each: on what both have the seeds agree."""
    folder = make_study(seeds=(0, 1), predictions=True)
    path = folder / "predictions.parquet"
    rows = pd.read_parquet(path)
    rows = rows[~((rows["trial"] == FFN) & (rows["clip"] == 7)) & ~((rows["trial"] == OTHER) & (rows["clip"] == 300))]
    rows.to_parquet(path, index=False)
    report = gather(folder)
    comparison = report.comparisons[0]
    fixed = of_rule(cascade_tables(report, comparison)["FFN {4,8,16}"], FIXED).set_index("frames")
    shared = rows[rows["trial"].isin([FFN, OTHER]) & ~rows["clip"].isin([7, 300])]
    shared = shared[(shared["split"] == "test") & (shared["selection"] == "last")]
    for count in (4, 8, 16):
        right = shared.loc[shared["eval_frames"] == count].pivot(index="clip", columns="trial", values="top1")
        labels = shared.drop_duplicates("clip").set_index("clip")["label"]
        expected = accuracy_over_clips(right.eq(labels, axis="index").to_numpy(float).T)
        assert fixed.loc[count, ["top1", "low", "high"]].tolist() == pytest.approx(list(expected))


def test_seeds_without_a_common_clip_have_no_cascade(make_study):
    folder = make_study(seeds=(0, 1), predictions=True)
    path = folder / "predictions.parquet"
    rows = pd.read_parquet(path)
    rows[(rows["trial"] != FFN) | (rows["clip"] < 300)].loc[
        lambda table: (table["trial"] != OTHER) | (table["clip"] >= 300)
    ].to_parquet(path, index=False)
    report = gather(folder)
    assert list(cascade_tables(report, report.comparisons[0])) == ["Separated Training"]


def test_of_many_cascades_plain_arms_come_before_variants_and_the_rest_is_counted(make_study):
    folder = make_study(predictions=True)
    for name in ("trials.csv", "evaluations.csv"):
        rows = pd.read_csv(folder / name, dtype={"train_frames": str})
        own = rows[rows["trial"] == FFN]
        variants = [own.assign(trial=f"ffn{letter}", variant=f"variant {letter}") for letter in "abcd"]
        pd.concat([rows, *variants]).to_csv(folder / name, index=False)
    rows = pd.read_parquet(folder / "predictions.parquet")
    own = rows[rows["trial"] == FFN]
    pd.concat([rows, *(own.assign(trial=f"ffn{letter}") for letter in "abcd")]).to_parquet(
        folder / "predictions.parquet", index=False
    )
    report = gather(folder)
    comparison = report.comparisons[0]
    assert list(cascade_tables(report, comparison)) == [
        "FFN {4,8,16}", "FFN {4,8,16}, variant a", "FFN {4,8,16}, variant b", "Separated Training",
    ]  # fmt: skip
    assert hidden_cascades(comparison) == 2
    assert "2 further networks are left out" in cascade_plot(report).reading
    assert "2 further networks are left out" in calibration_plot(report).reading


def test_a_threshold_is_chosen_from_a_trials_own_predictions(full_study):
    assert 0 < sure_threshold(full_study, "ffn_4-8-16_lr0.05_seed0", "last", (4, 8, 16)) <= 1
    for trial, counts, named in (
        ("none", (4, 8), "none's answers at 4"),
        ("ffn_4-8-16_lr0.05_seed0", (4, 5), "at 5 frames"),
    ):
        with pytest.raises(StudyError, match=named):
            sure_threshold(full_study, trial, "last", counts)
    with pytest.raises(StudyError, match="sampling shared"):
        sure_threshold(full_study, "ffn_4-8-16_lr0.05_seed0", "last", (4, 8, 16), "shared")
    with pytest.raises(StudyError, match="study.json"):
        sure_threshold(full_study / "nothing", "ffn", "last", (4, 8))


def test_a_threshold_is_a_probability_also_where_only_the_last_count_is_good(make_study):
    """Its smaller counts are sure, and wrong."""
    folder = make_study(predictions=True)
    path, ffn = folder / "predictions.parquet", "ffn_4-8-16_lr0.05_seed0"
    rows = pd.read_parquet(path)
    smaller = (rows["trial"] == ffn) & rows["eval_frames"].isin((4, 8))
    rows.loc[smaller, "top1"], rows.loc[smaller, "probability1"] = -1, 1.0 - 1e-9
    rows.to_parquet(path, index=False)
    assert sure_threshold(folder, ffn, "last", (4, 8, 16)) == 1
