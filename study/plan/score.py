"""A trial's score: what a search maximises and early stopping goes by."""

from collections.abc import Mapping, Sequence
from typing import Any

from study.results.folder import EPOCHS, StudyFolder

SCORE = "score"


def score(row: Mapping[str, Any], frames: Sequence[int]) -> float:
    """The mean validation top-1 in per cent over the frame counts ``frames`` in a row of epochs.csv."""
    return sum(row[f"validation_top1_{count}"] for count in frames) / len(frames)


def scored_epochs(folder: StudyFolder, trial_name: str, frames: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of epochs.csv that a trial has left, each with its ``score``; none before the first epoch ends."""
    import pandas as pd

    path = folder.trial(trial_name) / EPOCHS
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    return [row | {SCORE: score(row, frames)} for row in rows]
