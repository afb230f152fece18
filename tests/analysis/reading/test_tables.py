import shutil

import pandas as pd
import pytest

from analysis.reading.study_error import StudyError
from analysis.reading.tables import learning_curves, load_study, trained_counts


def test_tables_come_back_as_written(make_study):
    folder = make_study()
    study = load_study(folder)
    assert study.record["name"] == "demo"
    assert set(study.evaluations["train_frames"]) == {"16", "4", "8", "4+8+16"}
    assert (study.evaluations["variant"] == "").all()
    assert len(study.evaluations) == len(pd.read_csv(folder / "evaluations.csv"))
    assert study.empty == ("predictions.parquet",)


def test_trained_counts_are_numbers_in_rising_order():
    assert trained_counts("16") == (16,)
    assert trained_counts("16+4+8") == (4, 8, 16)
    assert trained_counts("16->4") == (4, 16)
    assert trained_counts("") == ()


def test_learning_curves_hold_every_logged_value_and_nothing_else(make_study):
    study = load_study(make_study())
    curves = learning_curves(study.epochs)
    ffn = curves[curves["trial"].str.startswith("ffn") & (curves["epoch"] == 1)]
    assert set(ffn["frames"]) == {4, 8, 16}
    assert set(zip(ffn["split"], ffn["metric"])) == {
        (split, metric) for split in ("train", "validation") for metric in ("loss", "top1")
    }
    separated = curves[curves["trial"].str.startswith("tsm_4")]
    assert set(separated["frames"]) == {4}


def test_a_folder_without_a_study_names_the_missing_file(tmp_path):
    with pytest.raises(StudyError, match="study.json: not found"):
        load_study(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]"])
def test_an_unreadable_record_names_the_file(tmp_path, content):
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(StudyError, match="study.json"):
        load_study(tmp_path)


def test_a_missing_column_is_named(make_study):
    folder = make_study()
    pd.read_csv(folder / "evaluations.csv").drop(columns="split").to_csv(folder / "evaluations.csv", index=False)
    with pytest.raises(StudyError, match=r"evaluations\.csv: lacks the column 'split'"):
        load_study(folder)


def test_absent_empty_and_headed_tables_are_all_named(make_study):
    folder = make_study()
    (folder / "trials.csv").unlink()
    (folder / "epochs.csv").write_text("")
    (folder / "evaluations.csv").write_text((folder / "evaluations.csv").read_text().splitlines()[0] + "\n")
    study = load_study(folder)
    assert study.empty == ("trials.csv", "epochs.csv", "evaluations.csv", "predictions.parquet")
    assert learning_curves(study.epochs).empty


def test_a_repeated_evaluation_counts_once_and_the_later_wins(make_study):
    folder = make_study()
    rows = pd.read_csv(folder / "evaluations.csv")
    later = rows.head(1).assign(top1=1.0)
    pd.concat([rows, later]).to_csv(folder / "evaluations.csv", index=False)
    study = load_study(folder)
    assert study.repeated_rows == 1
    assert len(study.evaluations) == len(rows)
    assert (study.evaluations["top1"] == 1.0).sum() == 1


@pytest.mark.parametrize(("name", "column"), [
    ("evaluations", "adaptation"), ("evaluations", "views"), ("trials", "setting"), ("batchnorm", "adaptation"),
])  # fmt: skip
def test_an_older_study_is_refused_in_one_line(full_study, tmp_path, name, column):
    folder = shutil.copytree(full_study, tmp_path / "older")
    path = folder / f"{name}.csv"
    pd.read_csv(path).drop(columns=column).to_csv(path, index=False)
    with pytest.raises(
        StudyError, match=rf"{name}\.csv: lacks the column '{column}', .* run the study again"
    ) as refused:
        load_study(folder)
    assert "\n" not in str(refused.value)


def test_words_in_a_column_of_numbers_are_refused(make_study):
    folder = make_study()
    rows = pd.read_csv(folder / "evaluations.csv")
    rows.astype({"top1": object}).replace({"top1": {rows["top1"][0]: "many"}}).to_csv(folder / "evaluations.csv")
    with pytest.raises(StudyError, match=r"evaluations\.csv: the column 'top1' must hold only numbers"):
        load_study(folder)


def test_batchnorm_statistics_are_read_where_a_study_has_them(full_study, make_study):
    table = load_study(full_study).batchnorm
    assert set(table.loc[table["method"] == "ffn", "count"]) == {4, 8, 16}
    assert load_study(make_study()).batchnorm.empty


def test_tables_of_earlier_versions_are_read_without_the_newer_columns(full_study, tmp_path):
    before = shutil.copytree(full_study, tmp_path / "before")
    for name in ("trials", "evaluations"):
        newer = ["fold", "reserved_memory_mb", "machine"]
        pd.read_csv(before / f"{name}.csv").drop(columns=newer, errors="ignore").to_csv(
            before / f"{name}.csv", index=False
        )
    study = load_study(before)
    assert study.trials["fold"].isna().all() and study.evaluations["fold"].isna().all()
    assert (study.trials["machine"] == "").all()
