"""Tune's trial process: runs a trial's Train controller, which starts the workers. It must not import torch."""

from pathlib import Path
from typing import Any

import ray
from ray import train, tune

from study.cluster.ray_internals import trainer_in_this_process
from study.cluster.train_worker import work
from study.results.folder import StudyFolder

WORKER_RESTARTS = 2
CONTROLLER_FAILURES = 3


class TrialFailedError(RuntimeError):
    """A trial failed; the message is the reason."""


class ReportsToTune(train.UserCallback):
    """Hands each epoch to Tune, in whose process it runs, and waits until Tune has taken it."""

    def after_report(self, run_context: Any, metrics: list[dict[str, Any]], checkpoint: Any) -> None:
        """Report what the first worker reported."""
        tune.report(metrics[0])


def trial_name(config: dict) -> str:
    """The name of the study's trial in Tune's configuration."""
    return config["trial"]["name"]


def places_of(folder: StudyFolder, trial: str) -> Path:
    """The file that says which places on the cluster a trial's workers have."""
    return folder.ray / "placement_groups" / trial


def start_and_wait(config: dict, folder: StudyFolder, job: ray.ObjectRef) -> None:
    """Run the trial. Raises TrialFailedError if its worker recorded a failure."""
    trainer = trainer_in_this_process(
        work,
        placement_group=places_of(folder, trial_name(config)),
        train_loop_config={"trial": config["trial"], "folder": folder, "job": job},
        scaling_config=_scaling(config["trial"]["resources"]),
        **_backend(config["trial"]["resources"]),
        run_config=train.RunConfig(
            name=f"{trial_name(config)}-{tune.get_context().get_trial_id()}",
            storage_path=str(folder.ray / "train"),
            callbacks=[ReportsToTune()],  # type: ignore[list-item]  # Ray's stubs know Train's own callbacks only
            failure_config=train.FailureConfig(
                max_failures=WORKER_RESTARTS,
                controller_failure_limit=CONTROLLER_FAILURES,  # type: ignore[call-arg]  # Ray's stubs have Tune's class
            ),
        ),
    )
    trainer.fit()
    name = trial_name(config)
    if folder.has_failed(name):
        raise TrialFailedError(folder.outcome(name)["reason"])


def _scaling(resources: dict) -> train.ScalingConfig:
    gpus = {"GPU": resources["gpus"]} if resources["gpus"] else {}
    return train.ScalingConfig(
        num_workers=resources["workers"],
        use_gpu=bool(gpus),
        resources_per_worker={"CPU": resources["cpus"], **gpus},
        accelerator_type=resources["accelerator"],
    )


def _backend(resources: dict) -> dict[str, Any]:
    """A torch process group for several workers; it makes Ray's own processes of the trial load torch."""
    if resources["workers"] == 1:
        return {}
    from ray.train.torch import TorchConfig

    return {"backend_config": TorchConfig(backend="cpu:gloo,cuda:nccl" if resources["gpus"] else "gloo")}
