"""Keeps a running study's tables current, so that a report can be made of it at any time."""

import time
from typing import Any

from ray import tune

from study.experiment import Experiment
from study.folder import StudyFolder
from study.tables import write_tables

SECONDS_BETWEEN = 30


class TableWriter(tune.Callback):
    """Writes the tables as trials end, at most every 30 seconds: each time costs as much as all trials so far."""

    def __init__(self, experiment: Experiment, folder: StudyFolder) -> None:
        self.experiment, self.folder = experiment, folder
        self.written = 0.0

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial is trained and evaluated."""
        if time.monotonic() - self.written > SECONDS_BETWEEN:
            write_tables(self.experiment, self.folder)
            self.written = time.monotonic()
