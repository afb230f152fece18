"""The study's driver (a Tune callback): TensorBoard's curves by measure and frame count, and its hyperparameters."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from ray.tune.logger import TBXLoggerCallback
from tensorboardX import SummaryWriter
from tensorboardX.summary import hparams

from study.cluster.trial_process import trial_name
from study.results.folder import StudyFolder

OF_FRAME_COUNT = re.compile(r"((?:train|validation)_(?:loss|top1))_(\d+)")
OTHER_CURVES = ("lr", "clips_per_second", "peak_memory_mb", "seconds")


class TensorBoardWriter(TBXLoggerCallback):
    """Writes each trial's curves into the study's folder as epochs end; Tune then leaves out its own writer.

    Tune's own puts all curves into one group, among measures of Ray's, lists the hyperparameters of finished trials
    alone, and copies its files into the folder only now and then. A resumed trial's curves go on, by epoch.
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
    return {key: value for key, value in flat.items() if isinstance(value, str | float | int)}
