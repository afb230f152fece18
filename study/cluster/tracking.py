"""The study's driver (Tune callbacks): MLflow and Weights & Biases, from the extra ``tracking``."""

import hashlib
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
    """Callbacks that record every trial under its name with ``tracker``, in one run over all sessions; none for None.

    Without a server (MLFLOW_TRACKING_URI) or a login (WANDB_API_KEY, ``wandb login``) in the environment, the records
    stay in the study's folder: mlflow.db, wandb/.
    """
    if tracker == "mlflow":
        return [_mlflow(project, folder)]
    return [_wandb(project, folder)] if tracker == "wandb" else []


def _mlflow(project: str, folder: StudyFolder) -> "tune.Callback":
    import mlflow
    from ray.air.integrations.mlflow import MLflowLoggerCallback

    store = os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{folder.root / 'mlflow.db'}")
    client = mlflow.MlflowClient(tracking_uri=store)

    class OneRunPerTrial(MLflowLoggerCallback):
        def log_trial_start(self, trial: Any) -> None:
            self.tags = {"key": _key(folder, trial)}
            experiment = client.get_experiment_by_name(project)
            earlier = client.search_runs([experiment.experiment_id], f"tags.key = '{self.tags['key']}'")
            if not earlier:
                super().log_trial_start(trial)
                return
            self._trial_runs[trial] = earlier[0].info.run_id  # it has the parameters, which cannot be written again

        def log_trial_result(self, iteration: int, trial: Any, result: dict[str, Any]) -> None:
            measured = {
                key: value for key, value in result.items() if key != "config"
            }  # Ray would log it as metrics too
            super().log_trial_result(iteration, trial, measured)

    return OneRunPerTrial(tracking_uri=store, experiment_name=project)


def _wandb(project: str, folder: StudyFolder) -> "tune.Callback":
    import wandb
    from ray.air.integrations.wandb import WandbLoggerCallback

    if "WANDB_MODE" not in os.environ and not wandb.login(prompt=False, verify=False):
        os.environ["WANDB_MODE"] = "offline"

    class OneRunPerTrial(WandbLoggerCallback):
        def log_trial_start(self, trial: Any) -> None:
            self.kwargs |= {"id": _key(folder, trial), "resume": "allow"}
            super().log_trial_start(trial)

    return OneRunPerTrial(
        project=project, group=folder.root.name, dir=str(folder.root), mode=os.environ.get("WANDB_MODE")
    )


def _key(folder: StudyFolder, trial: Any) -> str:
    """The same for a trial in all sessions of a study, and another in each study."""
    record = folder.record()
    assert record  # it is written before the first trial
    return hashlib.sha256(f"{folder.root.name} {record['sessions'][0]['started']} {trial}".encode()).hexdigest()[:16]
