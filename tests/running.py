"""Studies while they run: waiting for them, finding their processes, comparing what they leave."""

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd

MEASURED_BY_THE_CLOCK = ["seconds", "clips_per_second", "peak_memory_mb"]
TABLES = ("trials.csv", "epochs.csv", "evaluations.csv", "predictions.parquet")
TRAIN_WORKER = "RayTrainWorker"


def table(folder, name):
    """A table, a CSV's cells as they are written, without what differs from run to run."""
    path = folder / name
    rows = pd.read_parquet(path) if name.endswith(".parquet") else pd.read_csv(path, dtype=str)
    return rows.drop(columns=[column for column in MEASURED_BY_THE_CLOCK if column in rows])


def assert_same_tables(folder, expected, but=(), trials=None, frames=None):
    """Every table has the rows that ``expected`` has of the same trials, the columns ``but`` and those of other trials
    aside. ``trials``, ``frames``: only these of the folder, and its rows at these evaluated counts; None: all."""
    compared = trials or [*table(folder, "trials.csv")["trial"]]
    for name in TABLES:
        ours, theirs = (
            _rows(table(of, name), compared, frames).drop(columns=but, errors="ignore") for of in (folder, expected)
        )
        pd.testing.assert_frame_equal(ours, theirs[list(ours)])


def _rows(rows, trials, frames):
    chosen = rows[rows["trial"].isin(trials)]
    if frames and "eval_frames" in rows:
        chosen = chosen[chosen["eval_frames"].astype(int).isin(frames)]
    return chosen.reset_index(drop=True)


def epochs_done(folder):
    """How many epochs the trials of a folder have recorded."""
    return sum(len(pd.read_csv(path)) for path in folder.glob("trials/*/epochs.csv"))


def epochs_so_far(folder):
    """Seconds that each epoch took, by trial and epoch: two runs of the same epoch differ in them."""
    tables = [pd.read_csv(path) for path in folder.glob("trials/*/epochs.csv")]
    return pd.concat(tables).set_index(["trial", "epoch"])["seconds"].sort_index()


def assert_not_trained_again(epochs, folder):
    """``epochs`` (of ``epochs_so_far``) are still those of ``folder``'s history."""
    assert len(epochs)
    pd.testing.assert_series_equal(epochs_so_far(folder).loc[epochs.index], epochs)


def wait_for(condition, process=None, seconds=300):
    """Wait until ``condition`` holds, and no longer than ``process`` runs."""
    end = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, f"ended too early with status {process.returncode}"
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.1)


def kill(processes):
    """End processes that cannot object."""
    for process in processes:
        with suppress(ProcessLookupError):  # it ended meanwhile
            os.kill(process, signal.SIGKILL)


def processes_with(variable, value):
    """Process id -> command line of all that were started with an environment variable at this value."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it ended meanwhile, or is another user's
            continue
        if f"{variable}={value}".encode() in environment:
            found[int(process.name)] = command.strip()
    return found


def free_ports(count):
    """Ports at which nothing listens."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
