"""The five most probable classes of every clip and their probabilities, of some networks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.reading.folds import NO_FOLDS, Folds
from analysis.reading.predictions import Network, blocks_of
from study.results.schema import TOP_CLASSES, TOP_PROBABILITIES


def read_confidences(
    folder: Path, split: str, selection: str, networks: Iterable[Network], folds: Folds = NO_FOLDS
) -> dict[Network, pd.DataFrame]:
    """Of each of ``networks`` that the tables know with probabilities: a row per clip, indexed by it, with the columns
    label, top1 to top5, probability1 to probability5. Tables of earlier versions have no probabilities."""
    columns = ["clip", "label", *TOP_CLASSES, *TOP_PROBABILITIES]
    blocks = blocks_of(folder, split, selection, networks, columns, folds)
    tables = {network: pd.concat(parts).drop_duplicates("clip", keep="last") for network, parts in blocks.items()}
    known = {network: table.set_index("clip").sort_index() for network, table in tables.items()}
    return {network: table for network, table in known.items() if not table[TOP_PROBABILITIES[0]].isna().any()}


def of_shared_clips(tables: Iterable[pd.DataFrame]) -> list[pd.DataFrame]:
    """The rows of `read_confidences`'s ``tables`` of the clips that all of them have, in the same order."""
    tables = list(tables)
    clips = sorted(set.intersection(*({*table.index} for table in tables)))
    return [table.loc[clips] for table in tables]


def as_arrays(tables: Sequence[pd.DataFrame]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels (N,), classes and probabilities (K, N, 5) of the clips that all K ``tables`` have."""
    shared = of_shared_clips(tables)
    classes, probabilities = (
        np.stack([table[list(columns)].to_numpy() for table in shared]) for columns in (TOP_CLASSES, TOP_PROBABILITIES)
    )
    return shared[0]["label"].to_numpy(), classes.astype(int), probabilities.astype(float)
