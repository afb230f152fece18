import json

import pandas as pd

from analysis.comparison.report_data import gather
from analysis.wording.caveats import caveats


def read(folder):
    return " ".join(caveats(gather(folder)))


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


def test_what_a_trial_says_of_itself_is_told(make_study):
    folder = make_study()
    trials = pd.read_csv(folder / "trials.csv", keep_default_na=False)
    trials.loc[0, "notice"] = "last.pt was damaged (kept as last.pt.damaged): resumed after epoch 2"
    trials.to_csv(folder / "trials.csv", index=False)
    assert "tsm_16_lr0.02_seed0: last.pt was damaged (kept as last.pt.damaged): resumed after epoch 2." in read(folder)


def test_a_choice_without_validation_accuracy_is_said(make_study):
    folder = make_study()
    epochs = pd.read_csv(folder / "epochs.csv")
    epochs[~epochs["trial"].str.startswith("ffn")].to_csv(folder / "epochs.csv", index=False)
    assert "FFN {4,8,16}: several learning rates and no validation accuracy" in read(folder)


def test_trials_that_only_a_name_tells_apart_are_reported_as_averaged(make_study):
    folder = make_study()
    for name in ("trials.csv", "epochs.csv", "evaluations.csv"):
        table = pd.read_csv(folder / name)
        twin = table[table["trial"] == "tsm_4_lr0.05_seed0"].assign(trial="twin")
        pd.concat([table, twin]).to_csv(folder / name, index=False)
    assert "Separated Training (4): several trials with the same seed" in read(folder)


def test_stopped_trials_are_no_failures(make_study):
    folder = make_study()
    trials = pd.read_csv(folder / "trials.csv")
    trials.loc[0, "status"] = "stopped"
    trials.to_csv(folder / "trials.csv", index=False)
    text = read(folder)
    assert "1 of 6 trials were stopped early" in text
    assert "have not finished" not in text


def test_equal_reasons_are_given_once_and_many_are_cut(write_tables):
    trials = [{"trial": f"a{number}", "status": "failed", "reason": "out of memory"} for number in range(10)]
    trials += [{"trial": f"b{number}", "status": "failed", "reason": f"reason {number}"} for number in range(20)]
    text = read(write_tables(trials=trials))
    assert text.count("out of memory") == 1
    assert "a7 and 2 more failed: out of memory." in text
    assert "13 further reasons are in trials.csv" in text


def test_a_session_without_an_end_is_said(make_study):
    folder = make_study()
    record = json.loads((folder / "study.json").read_text())
    record["sessions"].append({"started": "2026-11-23T07:00:00+00:00", "finished": None})
    (folder / "study.json").write_text(json.dumps(record))
    assert "The session that began 2026-11-23 07:00 has no end" in read(folder)


def test_predictions_that_disagree_with_the_evaluations_are_reported(make_study):
    folder = make_study(predictions=True)
    assert read(folder) == ""
    table = pd.read_parquet(folder / "predictions.parquet")
    wrong = (table["trial"] == "ffn_4-8-16_lr0.05_seed0") & (table["clip"] < 50)
    table.assign(top1=table["top1"].mask(wrong, 0)).to_parquet(folder / "predictions.parquet")
    assert "disagree on top-1 of ffn_4-8-16_lr0.05_seed0" in read(folder)


def test_arms_that_are_left_out_are_counted(write_tables):
    rows = [{"trial": f"{number}", "method": "ffn", "variant": f"v{number}", "train_frames": "4+16", "eval_frames": 4,
             "lr": 0.1, "seed": 0, "split": "test", "selection": "last", "clips": 600, "top1": 50.0 + number}
            for number in range(30)]  # fmt: skip
    assert "30 arms; plots and summary show 24" in read(write_tables(evaluations=rows))
