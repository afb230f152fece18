"""The rows of a trial's evaluation: which there are, and how later ones join them."""

import io
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import cast, get_args

import pandas as pd

from ffn.data.frame_sampling import FrameSampling
from ffn.data.views import Views
from ffn.evaluation.protocol import Adaptation, EvaluationProtocol
from study.plan.protocol import Protocol
from study.results import schema
from study.results.folder import EVALUATIONS, StudyFolder, write_table
from study.results.joined_tables import csv_rows

NETWORK = ("selection", *schema.NETWORK, "eval_frames", "count")
"""The columns that say which network is measured, and at which frame count; each table has some of them."""


def evaluated(folder: StudyFolder, trial: str) -> dict[EvaluationProtocol, set[int]]:
    """The frame counts at which a finished trial's last epoch was evaluated, by protocol; none before its end."""
    path = folder.trial(trial) / EVALUATIONS
    if not (folder.is_finished(trial) and path.exists()):
        return {}
    counts: dict[EvaluationProtocol, set[int]] = {}
    for row in csv_rows(path):
        if row["selection"] == "last" and not row["adaptation"]:
            sampling = cast(FrameSampling, row["sampling"])
            protocol = EvaluationProtocol(sampling=sampling, views=Views.parse(row["views"]))
            counts.setdefault(protocol, set()).add(int(row["eval_frames"]))
    return counts


def add_rows(path: Path, later: pd.DataFrame, protocol: Protocol) -> None:
    """Join ``later`` to the rows of a trial in ``path``, which stay as they are.

    The order is that of a trial evaluated at once: by selection, protocol, adaptation, frame count, then as given. Of
    a network and count that the file has already, since its writing was interrupted, the later rows count.
    """
    if path.suffix == ".csv":
        earlier, later = _cells(path), _cells(io.StringIO(later.to_csv(index=False)))
    else:
        earlier = pd.read_parquet(path)
    rows = pd.concat([earlier[~_networks(earlier).isin(_networks(later))], later], ignore_index=True)
    write_table(path, rows.loc[_order(rows, protocol)])


def _cells(file: Path | io.StringIO) -> pd.DataFrame:
    """A CSV as it is written: numbers that are read and written again may change their last digits."""
    return pd.read_csv(file, dtype=str, keep_default_na=False)


def _networks(rows: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[[name for name in NETWORK if name in rows]])


def _order(rows: pd.DataFrame, protocol: Protocol) -> pd.Index:
    orders: dict[str, Sequence[Hashable]] = {
        "selection": ("last", "best"),
        "protocol": [f"{each.sampling} {each.views}" for each in protocol.all],
        "adaptation": get_args(Adaptation),
        "count": protocol.eval_frames,
    }
    keys = rows.rename(columns={"eval_frames": "count"}).astype({"count": int})
    if "sampling" in keys:  # not of batchnorm.csv, which has the last epoch under the paper's protocol alone
        keys = keys.assign(protocol=keys["sampling"] + " " + keys["views"])
    places = pd.DataFrame({name: _places(keys[name], order) for name, order in orders.items() if name in keys})
    return places.sort_values(list(places), kind="stable").index


def _places(values: pd.Series, order: Sequence[Hashable]) -> pd.Series:
    """The place of each value in ``order``; behind it, sorted, those that the experiment no longer has."""
    further = sorted({*values} - {*order})
    return values.map({value: place for place, value in enumerate([*order, *further])})
