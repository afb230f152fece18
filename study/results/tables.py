"""The tables of a study: rows of one trial, and their union over all trials."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from ffn.data.videos import Split
from ffn.evaluation.protocol import PLAIN
from ffn.training.loop import EpochRow
from study.evaluation import Evaluated
from study.plan.trial import Trial
from study.results import schema
from study.results.bad_clips import BAD_CLIPS, join_bad_clips
from study.results.folder import BATCHNORM, EPOCHS, EVALUATIONS, PREDICTIONS, StudyFolder, write_table
from study.results.joined_tables import join_csv, join_parquet
from study.results.schema import TableSchema

OUTCOME_COLUMNS = (
    "status", "reason", "notice", "epochs_done", "best_epoch", "seconds", "peak_memory_mb", "reserved_memory_mb",
    "parameters", "machine",
)  # fmt: skip
FORMER = "the experiment no longer has this trial"
FOLD = "fold"  # whole numbers with missing ones, in every file of one type
JOINED = ((EPOCHS, join_csv), (EVALUATIONS, join_csv), (BATCHNORM, join_csv), (PREDICTIONS, join_parquet))


def epoch_table(trial_name: str, history: Sequence[EpochRow]) -> pd.DataFrame:
    """One trial's rows of epochs.csv."""
    table = pd.DataFrame(history)
    table.insert(0, "trial", trial_name)
    table = table[[*schema.EPOCHS.columns, *table.columns.drop(list(schema.EPOCHS.columns))]]
    percentages = [column for column in table if "top1" in column]
    return table.round({**dict.fromkeys(percentages, 2), "clips_per_second": 1, "seconds": 2})


def evaluation_table(trial: Trial, split: Split, results: Sequence[Evaluated]) -> pd.DataFrame:
    """One trial's rows of evaluations.csv."""
    return _table(schema.EVALUATIONS, [_evaluation_row(trial, split, result) for result in results])


def prediction_table(trial: Trial, split: Split, results: Sequence[Evaluated], places: np.ndarray) -> pd.DataFrame:
    """One trial's rows of predictions.parquet, a row per clip, selection and frame count.

    ``places``: the number of each clip of the split in the column clip.
    """
    return pd.concat([_prediction_rows(trial, split, result, places) for result in results], ignore_index=True)


def batchnorm_table(trial: Trial, results: Sequence[Evaluated]) -> pd.DataFrame:
    """One trial's rows of batchnorm.csv, a row per frame count and layer, of the last epoch.

    The frame counts are those with BatchNorm statistics of their own: none if several trained counts share a BatchNorm,
    and every evaluated count after re-calibration. Further samplings and views have no rows.
    """
    shared = len(trial.training.frame_counts) > 1 and not (trial.training.parts and trial.training.parts.normalisation)
    own_counts = () if shared else trial.training.frame_counts
    rows = [
        {**_of_trial(trial), "adaptation": result.protocol.adaptation, "count": result.eval_frames, **asdict(layer)}
        for result in results
        if result.selection == "last" and replace(result.protocol, adaptation="") == PLAIN
        if result.eval_frames in own_counts or result.protocol.adaptation
        for layer in result.batchnorm
    ]
    return _table(schema.BATCHNORM, rows)


def trial_table(trials: Sequence[Trial], folder: StudyFolder, former: Sequence[Trial] = ()) -> pd.DataFrame:
    """trials.csv: a row per trial of the study, begun or not; the ``former`` are marked in the column notice."""
    rows = [_trial_row(trial, folder) for trial in trials]
    rows += [_marked_as_former(_trial_row(trial, folder)) for trial in former]
    # of the tables this one alone lacks further whole numbers: of trials that have not ended
    table = _table(schema.TRIALS, rows)
    return table.astype({name: "Int64" for name, kind in schema.TRIALS.columns.items() if kind == "whole"})


def write_tables(trials: Sequence[Trial], folder: StudyFolder, former: Sequence[Trial] = ()) -> None:
    """Write a study's tables from the rows of its ``trials``, and of ``former`` ones, which its experiment lost."""
    write_table(folder.root / "trials.csv", trial_table(trials, folder, former))
    folders = [folder.trial(trial.name) for trial in (*trials, *former)]
    for name, join in JOINED:
        parts = [part / name for part in folders if (part / name).exists()]
        if parts:
            join(folder.root / name, parts)
    join_bad_clips(folder.root / BAD_CLIPS, folders)


def _table(of: TableSchema, rows: Sequence[dict[str, Any]] | dict[str, Any]) -> pd.DataFrame:
    """The schema's columns of ``rows`` (or columns), in its order. Raises KeyError for a column that none has."""
    table = pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(of.columns))
    return table[list(of.columns)].astype({name: "Int64" for name in of.columns if name == FOLD})


def _of_trial(trial: Trial) -> dict[str, Any]:
    return {
        "trial": trial.name,
        "method": trial.method,
        "variant": trial.variant,
        "train_frames": trial.train_frames,
        "lr": trial.training.lr,
        "seed": trial.training.seed,
        FOLD: trial.fold,
    }


def _of_result(trial: Trial, split: Split, result: Evaluated) -> dict[str, Any]:
    protocol = result.protocol
    return _of_trial(trial) | {
        "split": split,
        "selection": result.selection,
        "epoch": result.epoch,
        "eval_frames": result.eval_frames,
        "adaptation": protocol.adaptation,
        "sampling": protocol.sampling,
        "views": str(protocol.views),
    }


def _trial_row(trial: Trial, folder: StudyFolder) -> dict[str, Any]:
    outcome = folder.outcome(trial.name)
    return _of_trial(trial) | {
        "model": trial.training.network,
        "setting": trial.setting,
        "epochs": trial.training.epochs,
        "batch_size": trial.training.batch_size,
        **{column: outcome.get(column) for column in OUTCOME_COLUMNS},
    }


def _marked_as_former(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"notice": "; ".join(filter(None, (row["notice"], FORMER)))}


def _evaluation_row(trial: Trial, split: Split, result: Evaluated) -> dict[str, Any]:
    predictions = result.predictions
    return _of_result(trial, split, result) | {
        "clips": len(predictions.labels),
        "top1": round(predictions.top1, 2),
        "top5": round(predictions.top5, 2),
        "loss": round(predictions.loss, 4),
        "gmacs_per_clip": round(result.gmacs, 5),
    }


def _prediction_rows(trial: Trial, split: Split, result: Evaluated, places: np.ndarray) -> pd.DataFrame:
    predictions = result.predictions
    rows = _of_result(trial, split, result) | {
        "clip": places[predictions.indices],
        "label": predictions.labels,
        **dict(zip(schema.TOP_CLASSES, predictions.top_classes.T)),
        "probability": predictions.probability,
        **dict(zip(schema.TOP_PROBABILITIES, predictions.top_probabilities.T)),
    }
    return _table(schema.PREDICTIONS, rows)
