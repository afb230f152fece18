import pandas as pd
import pytest

from analysis.comparison.differences import differences
from analysis.comparison.report_data import gather
from analysis.wording.significance import seed_sentence, significance_sentences
from tests.analysis.made_study import add_retrofit


def read(folder):
    report = gather(folder)
    return report.comparisons[0], report.protocol


def test_what_one_seed_cannot_tell_is_said(make_study):
    assert "One seed cannot tell" in seed_sentence(*read(make_study()))


def test_what_the_intervals_cover_follows_from_the_tables(make_study, full_study):
    over_seeds = seed_sentence(*read(make_study(seeds=(0, 1, 2))))
    assert over_seeds.startswith("3 seeds per arm")
    assert "Student's t" in over_seeds
    assert "do not cover the choice of clips" in over_seeds
    assert "cover both the seeds and the choice of test clips" in seed_sentence(*read(full_study))


def test_the_sentences_agree_with_the_differences(full_report):
    comparison, protocol = full_report.comparisons[0], full_report.protocol
    best, established = significance_sentences(comparison, protocol)
    rows = differences(comparison)["Separated Training"]
    row = next(row for row in rows if (row.arm, row.count) == ("FFN {4,8,16}", 4))
    assert f"FFN {{4,8,16}} is {-row.difference.estimate.value:.1f} points" in best
    assert "below Separated Training" in best
    assert ("not established" in best) != row.established
    assert f"Of the {len(rows)} differences" in established
    assert f"{sum(row.established for row in rows)} are established" in established


@pytest.mark.parametrize(("right_at", "said"), [
    ((4,), "from TSM (16) is established. 1 more is none: the answers are identical."),
    ((), "Every arm answers all clips as TSM (16) does: there is nothing to test."),
])  # fmt: skip
def test_identical_answers_are_told_apart_from_what_is_tested(make_study, right_at, said):
    folder = add_retrofit(make_study(arms=(("tsm", "16"),), predictions=True), right_at=right_at)
    table = pd.read_csv(folder / "evaluations.csv", keep_default_na=False)
    table[table["adaptation"] == ""].to_csv(folder / "evaluations.csv", index=False)
    assert significance_sentences(*read(folder))[-1].endswith(said)


def test_what_cannot_be_tested_is_said(make_study):
    sentences = significance_sentences(*read(make_study()))
    assert sentences[-1].startswith("No difference from Separated Training can be tested")
    assert "p =" not in " ".join(sentences)
