import numpy as np
import pytest

from analysis.reading.selection import select_results, validation_scores
from analysis.reading.tables import load_study


def evaluation(trial, lr, top1, **changes):
    row = {"trial": trial, "method": "ffn", "train_frames": "4+16", "eval_frames": 4, "lr": lr, "seed": 0,
           "split": "test", "selection": "last", "clips": 600, "top1": top1}  # fmt: skip
    return row | changes


def epochs(trial, *pairs):
    return [{"trial": trial, "epoch": epoch, "validation_top1_4": low, "validation_top1_16": high}
            for epoch, (low, high) in enumerate(pairs, start=1)]  # fmt: skip


def chosen(folder):
    results = select_results(load_study(folder))
    return results.evaluations[results.evaluations["chosen"]]


def test_validation_chooses_even_where_the_test_split_disagrees(write_tables):
    folder = write_tables(evaluations=[evaluation("a", 0.1, 90.0), evaluation("b", 0.2, 50.0)],
                          epochs=epochs("a", (60, 60)) + epochs("b", (60, 61)))  # fmt: skip
    assert chosen(folder)["lr"].tolist() == [0.2]


def test_the_last_epoch_counts_and_not_the_best(write_tables):
    folder = write_tables(evaluations=[evaluation("a", 0.1, 50.0), evaluation("b", 0.2, 50.0)],
                          epochs=epochs("a", (90, 90), (40, 40)) + epochs("b", (10, 10), (50, 50)))  # fmt: skip
    assert chosen(folder)["lr"].tolist() == [0.2]


def test_counts_that_an_arm_does_not_train_do_not_count(write_tables):
    tsm = {"method": "tsm", "train_frames": "16"}
    folder = write_tables(evaluations=[evaluation("a", 0.1, 50.0, **tsm), evaluation("b", 0.2, 50.0, **tsm)],
                          epochs=epochs("a", (99, 70)) + epochs("b", (0, 71)))  # fmt: skip
    assert validation_scores(load_study(folder)).to_dict() == {"a": 70, "b": 71}
    assert chosen(folder)["lr"].tolist() == [0.2]


def test_seeds_are_averaged_before_choosing(write_tables):
    rows = [evaluation(f"{lr}-{seed}", lr, 50.0, seed=seed) for lr in (0.1, 0.2) for seed in (0, 1)]
    folder = write_tables(evaluations=rows, epochs=[
        *epochs("0.1-0", (90, 90)), *epochs("0.1-1", (10, 10)), *epochs("0.2-0", (60, 60)), *epochs("0.2-1", (60, 60)),
    ])  # fmt: skip
    assert chosen(folder)[["lr", "seed"]].to_numpy().tolist() == [[0.2, 0], [0.2, 1]]


def test_a_tie_goes_to_the_smaller_rate(write_tables):
    folder = write_tables(evaluations=[evaluation("a", 0.2, 50.0), evaluation("b", 0.1, 50.0)],
                          epochs=epochs("a", (60, 60)) + epochs("b", (60, 60)))  # fmt: skip
    assert chosen(folder)["lr"].tolist() == [0.1]


def test_recalibrated_tsm_follows_the_choice_of_its_tsm(make_study):
    rows = chosen(make_study(seeds=(0, 1)))
    rates = rows.groupby("adaptation")["lr"].unique()
    assert rates["recalibrated"].tolist() == rows.loc[rows["arm"] == "TSM (16)", "lr"].unique().tolist()


def test_shown_are_the_test_split_and_the_last_epoch(make_study):
    results = select_results(load_study(make_study()))
    rows = results.evaluations[results.evaluations["chosen"]]
    assert (results.split, results.selection) == ("test", "last")
    assert set(rows["split"]) == {"test"}
    assert set(rows["selection"]) == {"last"}


def test_without_a_test_split_validation_is_shown(write_tables):
    folder = write_tables(evaluations=[evaluation("a", 0.1, 50.0, split="validation")])
    assert select_results(load_study(folder)).split == "validation"


@pytest.mark.parametrize("rate", [0.1, np.nan])
def test_an_arm_without_validation_accuracy_is_shown_all_the_same(write_tables, rate):
    ensemble = evaluation("ensemble", rate, 77.0, method="ensemble")
    assert chosen(write_tables(evaluations=[ensemble]))["top1"].tolist() == [77.0]


def test_settings_that_a_search_varies_are_chosen_like_rates(write_tables):
    trials = [{"trial": name, "model": "ffn_tiny", "lr": 0.1, "setting": f"weight_decay{decay}"}
              for name, decay in (("a", 0.1), ("b", 0.2))]  # fmt: skip
    folder = write_tables(trials=trials, evaluations=[evaluation("a", 0.1, 90.0), evaluation("b", 0.1, 50.0)],
                          epochs=epochs("a", (60, 60)) + epochs("b", (70, 70)))  # fmt: skip
    assert chosen(folder)["trial"].tolist() == ["b"]


def test_a_trial_that_was_never_evaluated_has_a_score(write_tables):
    trials = [{"trial": "stopped", "model": "ffn_tiny", "train_frames": "4+16", "status": "stopped"}]
    folder = write_tables(trials=trials, epochs=epochs("stopped", (10, 20)))
    assert validation_scores(load_study(folder)).to_dict() == {"stopped": 15}
