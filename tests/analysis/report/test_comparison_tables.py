import pandas as pd
import pytest

from analysis.comparison.report_data import gather
from analysis.report.comparison_tables import difference_tables, recovery_rows, selection_table


def test_plain_tsm_and_separated_training_recover_nothing_themselves(make_study):
    rows = {row.arm: row for row in recovery_rows(gather(make_study()).comparisons[0])}
    assert set(rows["TSM (16)"].recoveries.values()) == {None}
    assert set(rows["Separated Training (4)"].recoveries.values()) == {None}
    assert list(rows["FFN {4,8,16}"].recoveries) == [4, 8]
    assert list(rows["FFN {4,8,16}"].accuracies) == [4, 8, 16]


def test_a_tick_marks_what_is_established(make_study):
    report = gather(make_study(predictions=True))
    table = difference_tables(report.comparisons[0], report.protocol)["minus TSM (16)"]
    assert table.header == ("arm", *(text for count in (4, 8, 16) for text in (f"points at {count}×1×1", "after Holm")))
    ffn = next(row for row in table.rows if row[0] == "FFN {4,8,16}")
    assert ffn[1].startswith("+40.") and ffn[2] == "p < 0.001 ✓"
    assert "✓" not in ffn[6]


def test_last_and_best_epoch_stand_below_each_other(make_study):
    folder = make_study()
    rows = pd.read_csv(folder / "evaluations.csv")
    rows["top1"] = rows["top1"].where(rows["selection"] == "last", 1.0)
    rows.to_csv(folder / "evaluations.csv", index=False)
    table = selection_table(gather(folder))
    assert [row[:2] for row in table.rows[:2]] == [("TSM (16)", "last"), ("TSM (16)", "best")]
    assert set(table.rows[1][2:]) == {"1.00"}
    assert table.rows[0][2:] != table.rows[1][2:]


@pytest.mark.parametrize("selection", ["last", "best"])
def test_one_selection_alone_is_no_comparison(make_study, selection):
    folder = make_study()
    rows = pd.read_csv(folder / "evaluations.csv")
    rows[rows["selection"] == selection].to_csv(folder / "evaluations.csv", index=False)
    assert selection_table(gather(folder)) is None
