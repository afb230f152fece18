"""The study's driver (Tune callbacks): keeps the tables current and writes TensorBoard's events."""

import re
import time
from collections.abc import Mapping
from typing import Any

import pandas as pd
from ray import tune
from ray.tune.logger import TBXLoggerCallback
from tensorboardX import SummaryWriter
from tensorboardX.summary import hparams

from study.cluster.trial_process import trial_name
from study.results.folder import StudyFolder
from study.study import Study

SECONDS_BETWEEN = 30
SHARE_OF_TIME = 0.05
OF_FRAME_COUNT = re.compile(r"((?:train|validation)_(?:loss|top1))_(\d+)")
OTHER_CURVES = ("lr", "clips_per_second", "peak_memory_mb", "seconds")


class TableWriter(tune.Callback):
    """Writes a running study's tables as trials end, for reports at any time.

    Each write costs as much as all trials so far, and Tune waits for it. So the tables are written at most every 30
    seconds, and more rarely as the study grows: never for more than a twentieth of the time.
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


class TensorBoardWriter(TBXLoggerCallback):
    """Writes each trial's curves into the study's folder as epochs end, in place of Tune's own writer.

    Tune's writer puts all curves into one group, among measures of Ray's, lists the hyperparameters of finished trials
    only, and copies its files into the folder only now and then. A resumed trial continues its curves, by epoch.
    """

    def __init__(self, folder: StudyFolder) -> None:
        super().__init__()
        self.folder = folder
        self.writers: dict[str, SummaryWriter] = {}

    def log_trial_start(self, trial: Any) -> None:
        """Nothing yet: a trial's events begin with its first epoch, and an ensemble has none."""

    def log_trial_result(self, iteration: int, trial: Any, result: Mapping[str, Any]) -> None:
        """An epoch is over."""
        if "epoch" not in result:
            return
        if trial_name(trial.config) not in self.writers:
            self._open(trial)
        writer = self.writers[trial_name(trial.config)]
        for tag, value in curves(result).items():
            writer.add_scalar(tag, value, result["epoch"])
        writer.flush()

    def log_trial_end(self, trial: Any, failed: bool = False) -> None:
        """A trial is over."""
        if writer := self.writers.pop(trial_name(trial.config), None):
            writer.close()

    def _open(self, trial: Any) -> None:
        writer = SummaryWriter(str(self.folder.tensorboard / trial_name(trial.config)))
        _, begin, _ = hparams(hyperparameters(trial.config["trial"]), {})
        writer.file_writer.add_summary(begin)
        self.writers[trial_name(trial.config)] = writer


def curves(row: Mapping[str, Any]) -> dict[str, float]:
    """An epoch's values by TensorBoard's tags, in which a slash makes a group: "validation_top1/4", "training/lr"."""
    by_count = {f"{found[1]}/{found[2]}": row[key] for key in row if (found := OF_FRAME_COUNT.fullmatch(key))}
    return by_count | {f"training/{key}": row[key] for key in OTHER_CURVES if key in row}


def hyperparameters(trial: Mapping[str, Any]) -> dict[str, str | float | bool]:
    """What TensorBoard can show of a trial's values: numbers, texts and switches, nested ones as "recipe/crop"."""
    merged = {**trial["training"], **trial["resources"], **trial}
    values = {key: merged[key] for key in merged if key not in ("name", "training", "resources")}
    (flat,) = pd.json_normalize(values, sep="/").to_dict("records")
    return {str(key): value for key, value in flat.items() if isinstance(value, str | float | int)}
