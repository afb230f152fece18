"""Loads and checks the tables of a study's folder."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.reading.configuration import pretrainings
from analysis.reading.folds import Folds, find_folds
from analysis.reading.predictions import has_predictions
from analysis.reading.study_error import StudyError, lacking
from analysis.reading.text_files import read_csv, read_json
from study.results.schema import BATCHNORM, EPOCHS, EVALUATIONS, PREDICTIONS, TRIALS, TableSchema

MAY_BE_ABSENT = (BATCHNORM,)
"""Tables that only one plot needs."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """One study's folder in memory.

    record: study.json. trials, epochs, evaluations, batchnorm: the tables of the same names, texts without NaN; a table
    that is absent has its columns and no rows. The trials that differ only in fold are one in all of them (`folds`),
    and the variant of a pre-training says that it is one. empty: the names of the files that are absent or hold no
    rows, of those that every study has.
    repeated_rows: how many rows of evaluations.csv were superseded by a later row with the same key.
    """

    folder: Path
    record: dict
    trials: pd.DataFrame
    epochs: pd.DataFrame
    evaluations: pd.DataFrame
    batchnorm: pd.DataFrame
    empty: tuple[str, ...]
    repeated_rows: int
    folds: Folds

    @property
    def pretrainings(self) -> list[str]:
        """The trials on synthetic clips from which others start; they are not evaluated."""
        return pretrainings(self.record)


def load_study(folder: str | Path) -> Study:
    """Reads study.json and the tables of `folder`. Raises StudyError if there is no study or a table is malformed."""
    folder = Path(folder)
    record = _read_record(folder / "study.json")
    tables = {table: _read_table(folder / table.file, table) for table in (TRIALS, EPOCHS, EVALUATIONS, BATCHNORM)}
    empty = [of.file for of, table in tables.items() if table.empty and of not in MAY_BE_ABSENT]
    if not has_predictions(folder):
        empty.append(PREDICTIONS.file)
    evaluations = tables[EVALUATIONS].drop_duplicates([*EVALUATIONS.key], keep="last", ignore_index=True)
    folds = find_folds(tables[TRIALS], evaluations)
    return Study(
        folder=folder,
        record=folds.pool_record(record),
        trials=_named_pretrainings(folds.pool_trials(tables[TRIALS]), pretrainings(record)),
        epochs=folds.pool_epochs(tables[EPOCHS]),
        evaluations=folds.pool_evaluations(evaluations),
        batchnorm=folds.pool_batchnorm(tables[BATCHNORM]),
        empty=tuple(empty),
        repeated_rows=len(tables[EVALUATIONS]) - len(evaluations),
        folds=folds,
    )


def trained_counts(train_frames: str) -> tuple[int, ...]:
    """The frame counts of a `train_frames` cell in rising order: "4+8+16" and "16->4->8" -> (4, 8, 16)."""
    return tuple(sorted({int(count) for count in re.findall(r"\d+", train_frames)}))


def learning_curves(epochs: pd.DataFrame) -> pd.DataFrame:
    """epochs.csv in long form: trial, epoch, split (train or validation), metric (loss or top1), frames, value."""
    measured = [column for column in epochs if re.fullmatch(r"(train|validation)_(loss|top1)_\d+", column)]
    long = epochs.melt(["trial", "epoch"], measured, var_name="column").dropna(subset="value")
    names = long["column"].str.split("_", expand=True).reindex(columns=range(3))
    return long.drop(columns="column").assign(split=names[0], metric=names[1], frames=names[2].astype(int))


def _named_pretrainings(trials: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """A pre-training is no repetition of the trials on the study's own data: it is an arm of its own."""
    variants = trials["variant"].map(lambda variant: " ".join(filter(None, [variant, "pre-training"])))
    return trials.assign(variant=trials["variant"].mask(trials["trial"].isin(names), variants))


def _read_record(path: Path) -> dict:
    if not path.exists():
        raise StudyError(f"{path}: not found; pass the folder that python -m study wrote")
    record = read_json(path)
    if not isinstance(record, dict):
        raise StudyError(f"{path}: holds a {type(record).__name__}, not an object; restore it or run the study again")
    return record


def _read_table(path: Path, of: TableSchema) -> pd.DataFrame:
    if not path.exists() or path.stat().st_size == 0:
        return pd.DataFrame(columns=[*of.columns]).fillna(dict.fromkeys(of.texts, ""))
    table = read_csv(path, of.texts)
    table = table.assign(**{name: "" if name in of.texts else np.nan for name in of.newer if name not in table})
    for name in of.columns:
        if name not in table:
            raise StudyError(lacking(path, name))
    for name in of.numbers:
        if len(table) and not pd.api.types.is_numeric_dtype(table[name]):
            raise StudyError(f"{path}: the column {name!r} must hold only numbers; restore it or resume the study")
    return table.fillna(dict.fromkeys(of.texts, ""))
