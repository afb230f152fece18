"""A trial's score: what a search maximises, and what early stopping compares."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SCORE = "score"


def score(row: Mapping[str, Any], frames: Sequence[int]) -> float:
    """The mean validation top-1 in per cent over the frame counts ``frames`` in a row of epochs.csv."""
    return sum(row[f"validation_top1_{count}"] for count in frames) / len(frames)


def scored(rows: Iterable[Mapping[str, Any]], frames: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of epochs.csv, each with its ``score``."""
    return [{**row, SCORE: score(row, frames)} for row in rows]
