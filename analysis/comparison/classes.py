"""Accuracy and confusions by class, from every clip's prediction; means over seeds."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.comparison.comparison import Comparison, Point
from analysis.reading.predictions import UNREAD
from analysis.statistics.clip_statistics import accuracy_over_clips


def class_names(record: dict, classes: Iterable[int]) -> dict[int, str]:
    """The class numbers `classes` with their names from study.json: "3: a name"; "class 3" where it has none."""
    names = (record.get("data") or {}).get("classes") or []
    known = {number: f"{number}: {name}" for number, name in enumerate(names)}
    return {number: known.get(number, f"class {number}") for number in classes}


def class_sizes(comparison: Comparison) -> pd.Series:
    """How many evaluated clips each class has, by class number."""
    return pd.Series(comparison.predictions.labels).value_counts().sort_index()


def class_accuracies(comparison: Comparison, label: str, count: int) -> pd.Series | None:
    """Per cent of each class's clips that an arm has right at `count` frames, by class number; None if unknown."""
    shares = confusions(comparison, label, count)
    if shares is None:
        return None
    return pd.Series(np.diag(shares.reindex(columns=shares.index, fill_value=0.0)), shares.index)


def class_table(comparison: Comparison, points: Iterable[Point]) -> pd.DataFrame:
    """`class_accuracies` (row: class) of each of ``points`` (column); empty if one is unknown or there are none."""
    columns = {point: class_accuracies(comparison, *point) for point in points}
    if not columns or any(column is None for column in columns.values()):
        return pd.DataFrame()
    return pd.DataFrame(columns).fillna(0.0)


def class_estimates(comparison: Comparison, label: str, count: int) -> pd.Series | None:
    """`class_accuracies` as Estimates, with intervals over clips and seeds; of clips that every seed's network read."""
    correct = comparison.outcomes(label, count)
    if correct is None:
        return None
    labels = pd.Series(comparison.predictions.labels, comparison.predictions.clips)
    return pd.Series({number: accuracy_over_clips(rows.T.to_numpy(float)) for number, rows in correct.groupby(labels)})


def confusions(comparison: Comparison, label: str, count: int) -> pd.DataFrame | None:
    """Of each class's clips (row), per cent that an arm takes for each class (column); None without predictions."""
    predictions = comparison.predictions
    networks = comparison.networks(label, count)
    if predictions is None or not networks or not all(network in predictions.predicted for network in networks):
        return None
    labels = np.tile(predictions.labels, len(networks))
    predicted = np.concatenate([predictions.predicted[network] for network in networks])
    read = predicted != UNREAD
    return 100 * pd.crosstab(labels[read], predicted[read], normalize="index")
