"""Every clip's prediction by the compared networks, read in batches so that no whole table is held in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from analysis.reading.folds import NO_FOLDS, Folds
from analysis.reading.study_error import StudyError, lacking
from analysis.reading.text_files import MEND
from study.results.schema import PREDICTIONS

UNREAD = -1


class Network(NamedTuple):
    """One trained network at one frame count under one protocol: adapted or not, with its sampling and its views."""

    trial: str
    adaptation: str
    sampling: str
    views: str
    eval_frames: int


KEY, OUTCOME = list(Network._fields), ["clip", "label", "top1"]
OWN = "probability"
"""The column of the probability of a clip's own class."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """clips (N,): their places in the split, rising. labels (N,): their classes.

    predicted: per network the most probable class of each clip (N,), UNREAD where it has no prediction.
    probabilities: per network that of each clip's own class (N,), NaN where it is unknown.
    """

    clips: np.ndarray
    labels: np.ndarray
    predicted: dict[Network, np.ndarray]
    probabilities: dict[Network, np.ndarray]

    @cached_property
    def accuracies(self) -> dict[Network, float]:
        """Top-1 in percent over the clips that the network could read."""
        return {
            network: 100 * float((classes == self.labels).sum() / max((classes != UNREAD).sum(), 1))
            for network, classes in self.predicted.items()
        }

    def correct(self, networks: Sequence[Network]) -> pd.DataFrame | None:
        """Whether each network (column) is right on each clip that all of them read; None if one is unknown."""
        if not all(network in self.predicted for network in networks):
            return None
        classes = np.stack([self.predicted[network] for network in networks], axis=1)
        read = (classes != UNREAD).all(axis=1)
        return pd.DataFrame((classes == self.labels[:, None])[read], index=self.clips[read])

    def answers(self, network: Network) -> pd.DataFrame:
        """The class that a network takes each clip (row) for that it read, and the probability of the clip's own."""
        known = {"top1": self.predicted[network], OWN: self.probabilities[network]}
        return pd.DataFrame(known, index=self.clips)[self.predicted[network] != UNREAD]


def has_predictions(folder: Path) -> bool:
    """Whether a study's folder holds predictions: the joined file, or one in each trial's folder."""
    return (folder / PREDICTIONS.file).exists() or any(folder.glob(f"trials/*/{PREDICTIONS.file}"))


def read_predictions(
    folder: Path, split: str, selection: str, networks: Iterable[Network], folds: Folds = NO_FOLDS
) -> Predictions | None:
    """The predictions of ``networks`` on one split by one selection of epochs; None where the tables hold none.

    Those of a trial that ``folds`` pooled are the predictions of all its folds, which have no clip in common.
    """
    blocks = blocks_of(folder, split, selection, networks, [*OUTCOME, OWN], folds)
    return _joined(blocks) if blocks else None


def blocks_of(
    folder: Path, split: str, selection: str, networks: Iterable[Network], columns: list[str], folds: Folds = NO_FOLDS
) -> dict[Network, list[pd.DataFrame]]:
    """The ``columns`` of the rows of each of ``networks``, as they are read; nothing where the tables hold none.

    A newer column that a table of an earlier version lacks is missing in its rows.
    """
    wanted = set(networks)
    trials = sorted({trial for network in wanted for trial in folds.trials.get(network.trial, [network.trial])})
    files = _files(folder, trials)
    blocks: dict[Network, list[pd.DataFrame]] = {}
    if not files or not trials:
        return blocks
    for batch in _batches(files, split, selection, trials, columns):
        for key, rows in batch.groupby(KEY, observed=True, sort=False):
            network = Network(folds.pooled.get(key[0], key[0]), *key[1:])
            if network in wanted:
                blocks.setdefault(network, []).append(rows.reindex(columns=columns))
    return blocks


def _files(folder: Path, trials: list[str]) -> list[Path]:
    """The trials' own files where all exist, since they have fewer rows to read; else the joined file."""
    own = [folder / "trials" / trial / PREDICTIONS.file for trial in trials]
    if all(path.exists() for path in own):
        return own
    return [path for path in (folder / PREDICTIONS.file,) if path.exists()]


def _batches(
    files: list[Path], split: str, selection: str, trials: list[str], columns: list[str]
) -> Iterable[pd.DataFrame]:
    """Raises StudyError for a table of an earlier version and for one that is damaged."""
    reading = ds.ParquetReadOptions(dictionary_columns=[*PREDICTIONS.texts])
    shown = (pc.field("split") == split) & (pc.field("selection") == selection) & pc.field("trial").isin(trials)
    try:
        table = ds.dataset(files, format=ds.ParquetFileFormat(read_options=reading))
        _refuse_older(table, files[0])
        there = [name for name in KEY + columns if name in table.schema.names]
        for batch in table.to_batches(columns=there, filter=shown, batch_readahead=2, fragment_readahead=1):
            yield _narrow(pa.Table.from_batches([batch])).to_pandas()
    except (pa.ArrowInvalid, OSError) as error:  # a damaged page is an OSError without a path
        path = files[0] if len(files) == 1 else files[0].parent.parent
        raise StudyError(f"{path}: the predictions cannot be read ({' '.join(str(error).split())}); {MEND}") from error


def _refuse_older(table: ds.Dataset, path: Path) -> None:
    missing = [name for name in KEY + OUTCOME if name not in table.schema.names]
    if missing:
        raise StudyError(lacking(path, missing[0]))


def _narrow(table: pa.Table) -> pa.Table:
    """Whole numbers in 32 bits: half the memory."""
    for position, name in enumerate(table.column_names):
        if PREDICTIONS.columns[name] == "whole":
            table = table.set_column(position, name, table[name].cast(pa.int32()))
    return table


def _joined(blocks: dict[Network, list[pd.DataFrame]]) -> Predictions:
    tables = {network: pd.concat(parts).drop_duplicates("clip", keep="last") for network, parts in blocks.items()}
    clips = np.unique(np.concatenate([table["clip"].to_numpy() for table in tables.values()]))
    labels, predicted, probabilities = np.full(len(clips), UNREAD, np.int32), {}, {}
    for network, table in tables.items():
        places = np.searchsorted(clips, table["clip"])
        labels[places] = table["label"]
        predicted[network] = np.full(len(clips), UNREAD, np.int32)
        predicted[network][places] = table["top1"]
        probabilities[network] = np.full(len(clips), np.nan)
        probabilities[network][places] = table[OWN]
    return Predictions(clips=clips, labels=labels, predicted=predicted, probabilities=probabilities)
