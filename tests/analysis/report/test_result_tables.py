import re

import pandas as pd

from analysis.comparison.report_data import gather
from analysis.report.result_tables import SHOWN_TRIALS, listed_trials, result_tables, trial_table


def tables_of(folder):
    report = gather(folder)
    return result_tables(report, listed_trials(report))


def test_every_evaluation_is_in_the_table_of_each_metric(make_study):
    folder = make_study(seeds=(0, 1))
    evaluations = pd.read_csv(folder / "evaluations.csv")
    tables = tables_of(folder)
    assert list(tables) == ["top-1 (%)", "top-5 (%)", "loss", "multiply-adds per clip (billions)"]
    for table in tables.values():
        counts = [position for position, title in enumerate(table.header) if "×" in title]
        assert sum(row[position] != "" for row in table.rows for position in counts) == len(evaluations)
        assert {row[-1] for row in table.rows} == set(evaluations["trial"])


def test_accuracies_have_two_decimals_under_their_protocol(make_study):
    table = tables_of(make_study())["top-1 (%)"]
    column = table.header.index("4×1×1")
    assert table.numeric[column]
    assert all(re.fullmatch(r"\d+\.\d\d", row[column]) for row in table.rows)
    assert not table.numeric[0]


def test_large_costs_are_whole_thousands(write_tables):
    row = {"trial": "a", "method": "tsm", "train_frames": 4, "eval_frames": 4, "lr": 0.1, "seed": 0, "split": "test",
           "selection": "last", "clips": 600, "top1": 50.0, "gmacs_per_clip": 1253.4}  # fmt: skip
    table = tables_of(write_tables(evaluations=[row]))["multiply-adds per clip (billions)"]
    assert table.rows[0][-2] == "1,253"


def test_a_count_that_was_not_evaluated_is_blank(write_tables):
    rows = [{"trial": name, "method": "tsm", "train_frames": frames, "eval_frames": frames, "lr": 0.1, "seed": 0,
             "split": "test", "selection": "last", "clips": 600, "top1": 50.0}
            for name, frames in (("a", 4), ("b", 16))]  # fmt: skip
    tables = tables_of(write_tables(evaluations=rows))
    assert [row[-3:-1] for row in tables["top-1 (%)"].rows] == [("", "50.00"), ("50.00", "")]
    assert list(tables) == ["top-1 (%)"]


def test_pending_trials_have_blank_costs(write_tables):
    table = trial_table(gather(write_tables(trials=[{"trial": "a", "status": "pending"}])), ["a"])
    assert table.rows == (("a", "pending", "", "", "", "", "", ""),)


def test_of_very_many_trials_the_chosen_the_failed_and_the_best_are_listed(write_tables):
    names = [f"trial{number}" for number in range(3 * SHOWN_TRIALS)]
    trials = [{"trial": name, "method": "ffn", "train_frames": "4", "lr": 0.001 * place, "setting": f"decay{place}",
               "status": "failed" if place == 7 else "finished"}
              for place, name in enumerate(names, start=1)]  # fmt: skip
    epochs = [{"trial": name, "epoch": 1, "validation_top1_4": place / 10} for place, name in enumerate(names)]
    rows = [{**trial, "eval_frames": 4, "split": "test", "selection": "last", "seed": 0, "clips": 9, "top1": 50}
            for trial in trials]  # fmt: skip
    report = gather(write_tables(trials=trials, epochs=epochs, evaluations=rows))
    listed = listed_trials(report)
    assert len(listed) == SHOWN_TRIALS
    assert {names[-1], "trial6"} <= set(listed)
    assert names[0] not in listed
    assert "setting" in result_tables(report, listed)["top-1 (%)"].header
