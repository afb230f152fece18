"""The study's driver (a Tune callback): keeps a running study's tables current, for reports at any time."""

import time
from typing import Any

from ray import tune

from study.study import Study

SECONDS_BETWEEN = 30
SHARE_OF_TIME = 0.05


class TableWriter(tune.Callback):
    """Writes the tables as trials end: each time costs as much as all trials so far, and Tune waits for it.

    Hence at most every 30 seconds, and rarer as the study grows, so that it never takes over a twentieth of the time.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.next = 0.0

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial is trained and evaluated."""
        begin = time.monotonic()
        if begin < self.next:
            return
        self.study.write_tables()
        end = time.monotonic()
        self.next = end + max(SECONDS_BETWEEN, (end - begin) / SHARE_OF_TIME)
