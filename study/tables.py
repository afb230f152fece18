"""The tables of a study: rows of one trial, and their union over all trials."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ffn.data.labels import Split
from ffn.evaluation.prediction import TOP
from ffn.training.loop import EpochRow
from study.bad_clips import BAD_CLIPS, join_bad_clips
from study.evaluation import Evaluated
from study.experiment import Experiment
from study.folder import EPOCHS, EVALUATIONS, PREDICTIONS, StudyFolder, write_table
from study.trial import Trial

OUTCOME_COLUMNS = ("status", "reason", "epochs_done", "best_epoch", "seconds", "peak_memory_mb", "parameters")


def epoch_table(trial_name: str, history: Sequence[EpochRow]) -> pd.DataFrame:
    """One trial's rows of epochs.csv."""
    table = pd.DataFrame(history)
    table.insert(0, "trial", trial_name)
    percentages = [column for column in table if "top1" in column]
    return table.round({**dict.fromkeys(percentages, 2), "clips_per_second": 1, "seconds": 2})


def evaluation_table(trial: Trial, split: Split, results: Sequence[Evaluated]) -> pd.DataFrame:
    """One trial's rows of evaluations.csv."""
    return pd.DataFrame([_evaluation_row(trial, split, result) for result in results])


def prediction_table(trial: Trial, split: Split, results: Sequence[Evaluated]) -> pd.DataFrame:
    """One trial's rows of predictions.parquet, a row per clip, selection and frame count."""
    return pd.concat([_prediction_rows(trial, split, result) for result in results], ignore_index=True)


def trial_table(experiment: Experiment, folder: StudyFolder) -> pd.DataFrame:
    """trials.csv: a row per trial of the experiment, also of those that have not begun."""
    rows = [_trial_row(trial, folder) for trial in experiment.trials]
    return pd.DataFrame(rows)


def write_tables(experiment: Experiment, folder: StudyFolder) -> None:
    """Write the study's tables from the rows that its trials left."""
    write_table(folder.root / "trials.csv", trial_table(experiment, folder))
    for name in (EPOCHS, EVALUATIONS, PREDICTIONS):
        parts = [folder.trial(trial.name) / name for trial in experiment.trials]
        tables = [_read(part) for part in parts if part.exists()]
        if tables:
            write_table(folder.root / name, pd.concat(tables, ignore_index=True))
    join_bad_clips(folder.root / BAD_CLIPS, [folder.trial(trial.name) for trial in experiment.trials])


def _read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def _trial_row(trial: Trial, folder: StudyFolder) -> dict:
    outcome = folder.outcome(trial.name)
    return {
        "trial": trial.name,
        "method": trial.method,
        "variant": trial.variant,
        "model": f"{'ffn' if trial.flexible else 'tsm'}_{trial.backbone}",
        "train_frames": trial.train_frames,
        "lr": trial.lr,
        "epochs": trial.epochs,
        "batch_size": trial.batch_size,
        "seed": trial.seed,
        **{column: outcome.get(column) for column in OUTCOME_COLUMNS},
    }


def _evaluation_row(trial: Trial, split: Split, result: Evaluated) -> dict:
    return {
        "trial": trial.name,
        "method": result.method,
        "variant": trial.variant,
        "train_frames": trial.train_frames,
        "eval_frames": result.eval_frames,
        "lr": trial.lr,
        "seed": trial.seed,
        "split": split,
        "selection": result.selection,
        "epoch": result.epoch,
        "clips": len(result.predictions.labels),
        "top1": round(result.predictions.top1, 2),
        "top5": round(result.predictions.top5, 2),
        "loss": round(result.predictions.loss, 4),
        "gmacs_per_clip": round(result.gmacs, 5),
    }


def _prediction_rows(trial: Trial, split: Split, result: Evaluated) -> pd.DataFrame:
    predictions = result.predictions
    return pd.DataFrame(
        {
            "trial": trial.name,
            "method": result.method,
            "split": split,
            "selection": result.selection,
            "eval_frames": result.eval_frames,
            "clip": predictions.indices,
            "label": predictions.labels,
            **{f"top{rank + 1}": predictions.top_classes[:, rank] for rank in range(TOP)},
            "probability": predictions.probability,
        }
    )
