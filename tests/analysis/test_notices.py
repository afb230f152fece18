import pandas as pd

from analysis.notices import notices
from analysis.selection import select_results
from analysis.tables import load_study


def read(folder):
    study = load_study(folder)
    return " ".join(notices(study, select_results(study)))


def test_a_complete_study_lacks_only_its_predictions(make_study):
    assert read(make_study()) == ("predictions.parquet is absent or empty: accuracies cannot be compared clip by clip.")


def test_unfinished_trials_are_counted_and_the_reason_is_given(make_study):
    folder = make_study()
    trials = pd.read_csv(folder / "trials.csv").astype({"reason": object})
    trials.loc[0, ["status", "reason"]] = ["failed", "loss is not finite at step 12"]
    trials.loc[1, "status"] = "running"
    trials.to_csv(folder / "trials.csv", index=False)
    text = read(folder)
    assert "2 of 6 trials have not finished (4 finished, 1 failed, 1 running)" in text
    assert "tsm_16_lr0.02_seed0 failed: loss is not finite at step 12." in text


def test_a_choice_without_validation_accuracy_is_said(make_study):
    folder = make_study()
    epochs = pd.read_csv(folder / "epochs.csv")
    epochs[~epochs["trial"].str.startswith("ffn")].to_csv(folder / "epochs.csv", index=False)
    assert "FFN {4,8,16} has several learning rates and no validation accuracy" in read(folder)


def test_trials_that_only_a_name_tells_apart_are_confessed_as_averaged(make_study):
    folder = make_study()
    for name in ("trials.csv", "epochs.csv", "evaluations.csv"):
        table = pd.read_csv(folder / name)
        twin = table[table["trial"] == "tsm_4_lr0.05_seed0"].assign(trial="twin")
        pd.concat([table, twin]).to_csv(folder / name, index=False)
    assert "Separated Training (4) holds several trials with the same seed" in read(folder)
