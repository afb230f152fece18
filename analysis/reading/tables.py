"""Loads and checks the tables that study/ leaves in a study's folder. Nothing else of the folder is read."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.reading.predictions import PREDICTIONS, has_predictions

COLUMNS = {
    "trials.csv": [
        "trial", "method", "variant", "model", "train_frames", "lr", "setting", "epochs", "batch_size", "seed",
        "status", "reason", "notice", "epochs_done", "best_epoch", "seconds", "peak_memory_mb", "parameters",
    ],
    "epochs.csv": ["trial", "epoch", "lr", "clips_per_second", "seconds"],
    "evaluations.csv": [
        "trial", "method", "variant", "train_frames", "eval_frames", "lr", "seed", "split", "selection", "epoch",
        "clips", "top1", "top5", "loss", "gmacs_per_clip",
    ],
    "batchnorm.csv": ["trial", "method", "train_frames", "count", "layer", "mean", "variance", "scale", "bias"],
}  # fmt: skip
MAY_BE_ABSENT = ("batchnorm.csv",)
"""Tables that older studies lack, and of which only one plot is made."""
TEXT_COLUMNS = [
    "trial", "method", "variant", "model", "train_frames", "setting", "status", "reason", "notice", "split",
    "selection", "layer",
]  # fmt: skip
ADDED_LATER = ("setting", "notice")
"""Columns that older studies lack: what a search varied beside the learning rate, and what was mended by itself."""
SAMPLED = r"^(.*)\+(segments|integer_segments|even|mix)$"
"""Methods of rows whose frames were drawn by another rule than evaluation's even stride: method, rule."""
EVALUATION_KEY = ["trial", "method", "variant", "eval_frames", "split", "selection"]


class StudyError(ValueError):
    """A folder that is no study, or a table that breaks the contract; the message names the file and the mend."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """One study's folder in memory.

    record: study.json as it is. trials, epochs, evaluations, batchnorm: the tables of the same names, texts without
    NaN; a table that is absent has its columns and no rows. empty: the names of the files that are absent or hold no
    rows, of those that every study has.
    sampled: the evaluations on other draws of frames, with the column sampling; `evaluations` has none of them.
    repeated_rows: how many rows of evaluations.csv were superseded by a later row with the same key.
    """

    folder: Path
    record: dict
    trials: pd.DataFrame
    epochs: pd.DataFrame
    evaluations: pd.DataFrame
    sampled: pd.DataFrame
    batchnorm: pd.DataFrame
    empty: tuple[str, ...]
    repeated_rows: int


def load_study(folder: str | Path) -> Study:
    """Reads study.json and the tables of `folder`. Raises StudyError if there is no study or a table is malformed."""
    folder = Path(folder)
    record = _read_record(folder / "study.json")
    tables = {name: _read_table(folder / name) for name in COLUMNS}
    empty = [name for name, table in tables.items() if table.empty and name not in MAY_BE_ABSENT]
    if not has_predictions(folder):
        empty.append(PREDICTIONS)
    evaluations = tables["evaluations.csv"].drop_duplicates(EVALUATION_KEY, keep="last", ignore_index=True)
    drawn = evaluations["method"].str.extract(SAMPLED)
    return Study(
        folder=folder,
        record=record,
        trials=tables["trials.csv"],
        epochs=tables["epochs.csv"],
        evaluations=evaluations[drawn[0].isna()].reset_index(drop=True),
        sampled=evaluations.assign(method=drawn[0], sampling=drawn[1]).dropna(subset="sampling"),
        batchnorm=tables["batchnorm.csv"],
        empty=tuple(empty),
        repeated_rows=len(tables["evaluations.csv"]) - len(evaluations),
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


def _read_record(path: Path) -> dict:
    if not path.exists():
        raise StudyError(f"{path}: not found; name the folder that python -m study wrote")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise StudyError(f"{path}: not valid JSON ({error}); restore it or run the study again") from error
    if not isinstance(record, dict):
        raise StudyError(f"{path}: holds a {type(record).__name__}, not an object; restore it or run the study again")
    return record


def _read_table(path: Path) -> pd.DataFrame:
    columns = COLUMNS[path.name]
    if not path.exists() or path.stat().st_size == 0:
        return _without_missing_text(pd.DataFrame(columns=columns))
    table = pd.read_csv(path, dtype=dict.fromkeys(TEXT_COLUMNS, str))
    table = table.assign(**{name: "" for name in columns if name in ADDED_LATER and name not in table})
    missing = [name for name in columns if name not in table]
    if missing:
        raise StudyError(f"{path}: lacks the column {missing[0]!r}; write it again with this version of study/")
    return _without_missing_text(table)


def _without_missing_text(table: pd.DataFrame) -> pd.DataFrame:
    return table.fillna({name: "" for name in TEXT_COLUMNS if name in table})
