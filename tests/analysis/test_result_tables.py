import re

import pandas as pd

from analysis.comparison import compare
from analysis.protocol import read_protocol
from analysis.result_tables import recovery_rows, result_tables, trial_table
from analysis.selection import select_results
from analysis.tables import load_study


def read(folder):
    study = load_study(folder)
    results = select_results(study)
    return study, results, read_protocol(study.record, results)


def test_every_evaluation_is_in_the_table_of_each_metric(make_study):
    folder = make_study(seeds=(0, 1))
    _, results, protocol = read(folder)
    evaluations = pd.read_csv(folder / "evaluations.csv")
    tables = result_tables(results, protocol)
    assert list(tables) == ["top-1 (%)", "top-5 (%)", "loss", "multiply-adds per clip (billions)"]
    for table in tables.values():
        counts = [position for position, title in enumerate(table.header) if "×" in title]
        assert sum(row[position] != "" for row in table.rows for position in counts) == len(evaluations)
        assert {row[-1] for row in table.rows} == set(evaluations["trial"])


def test_accuracies_have_two_decimals_under_their_protocol(make_study):
    _, results, protocol = read(make_study())
    table = result_tables(results, protocol)["top-1 (%)"]
    column = table.header.index("4×1×1")
    assert table.numeric[column]
    assert all(re.fullmatch(r"\d+\.\d\d", row[column]) for row in table.rows)
    assert not table.numeric[0]


def test_a_count_that_was_not_evaluated_is_blank(write_tables):
    rows = [{"trial": name, "method": "tsm", "train_frames": frames, "eval_frames": frames, "lr": 0.1, "seed": 0,
             "split": "test", "selection": "last", "clips": 600, "top1": 50.0}
            for name, frames in (("a", 4), ("b", 16))]  # fmt: skip
    _, results, protocol = read(write_tables(evaluations=rows))
    tables = result_tables(results, protocol)
    assert [row[-3:-1] for row in tables["top-1 (%)"].rows] == [("", "50.00"), ("50.00", "")]
    assert list(tables) == ["top-1 (%)"]


def test_plain_tsm_and_separated_training_recover_nothing_themselves(make_study):
    _, results, _ = read(make_study())
    rows = {row.arm: row for row in recovery_rows(compare(results)[0])}
    assert set(rows["TSM (16)"].recoveries.values()) == {None}
    assert set(rows["Separated Training (4)"].recoveries.values()) == {None}
    assert list(rows["FFN {4,8,16}"].recoveries) == [4, 8]
    assert list(rows["FFN {4,8,16}"].accuracies) == [4, 8, 16]


def test_pending_trials_have_blank_costs(write_tables):
    table = trial_table(load_study(write_tables(trials=[{"trial": "a", "status": "pending"}])))
    assert table.rows == (("a", "pending", "", "", "", "", "", ""),)
