"""The study's driver (Tune callbacks): MLflow and Weights & Biases, from the extra ``tracking``."""

import importlib.util
import os
from typing import TYPE_CHECKING, Any

from study.results.folder import StudyFolder

if TYPE_CHECKING:  # the command line needs the names, not Ray, which takes seconds to import
    from ray import tune

TRACKERS = ("mlflow", "wandb")


def refuse_missing(tracker: str | None) -> None:
    """Raise ValueError if the package ``tracker`` is not installed."""
    if tracker and importlib.util.find_spec(tracker) is None:
        raise ValueError(f"--track {tracker}: the package is not installed: pip install -e '.[tracking]'")


def tracking_callbacks(tracker: str | None, project: str, folder: StudyFolder) -> "list[tune.Callback]":
    """Callbacks that record every trial under its name with ``tracker``; none for None.

    Without a server (MLFLOW_TRACKING_URI) or a login (WANDB_API_KEY, ``wandb login``) in the environment, the records
    stay in the study's folder: mlflow.db, wandb/.
    """
    if tracker == "mlflow":
        return [_mlflow(project, folder)]
    return [_wandb(project, folder)] if tracker == "wandb" else []


def _mlflow(project: str, folder: StudyFolder) -> "tune.Callback":
    from ray.air.integrations.mlflow import MLflowLoggerCallback

    class EpochLogger(MLflowLoggerCallback):
        def log_trial_result(self, iteration: int, trial: Any, result: dict[str, Any]) -> None:
            measured = {
                key: value for key, value in result.items() if key != "config"
            }  # Ray would log it as metrics too
            super().log_trial_result(iteration, trial, measured)

    store = os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{folder.root / 'mlflow.db'}")
    return EpochLogger(tracking_uri=store, experiment_name=project)


def _wandb(project: str, folder: StudyFolder) -> "tune.Callback":
    import wandb
    from ray.air.integrations.wandb import WandbLoggerCallback

    if "WANDB_MODE" not in os.environ and not wandb.login(prompt=False, verify=False):
        os.environ["WANDB_MODE"] = "offline"
    return WandbLoggerCallback(
        project=project, group=folder.root.name, dir=str(folder.root), mode=os.environ.get("WANDB_MODE")
    )
