"""Ray: one Tune run over the trials, each trial an inner Ray Train run whose worker trains and evaluates it.

Everything that counts is written by the workers into the study's folder (``study.run_trial``); what Tune and Train keep
serves their dashboards and schedulers. So nothing depends on Ray's own histories, which a restore can lose.

Only workers load torch: each trial has two more processes of Ray's (Tune's driver and Train's controller), to which
torch would add half a gigabyte and seconds of start. So what they handle are plain values.
"""

import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import ray
from ray import train, tune
from ray.air.constants import TRAINING_ITERATION
from ray.tune.integration.ray_train import TuneReportCallback
from ray.tune.trainable import wrap_function

from study.cluster.capacity import ON_HEAD, cluster_nodes, concurrent_trials
from study.results.folder import OUTCOME, StudyFolder, write_json

if TYPE_CHECKING:
    from study.cluster.suggestions import Suggestions
    from study.dataset import StudyData
    from study.plan.trial import Trial
    from study.run_trial import Protocol

ENVIRONMENT = {
    # Train looks at its workers every 2 s by default, and an epoch shorter than that waits for the next look.
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.1",
    # A worker may wait for nodes that are yet to be launched; what no node can ever hold is refused before.
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": str(24 * 60 * 60),
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C must reach the study instead of Tune
}
# Nobody reclaims a machine of one's own: no process of every trial need watch for that.
OWN_MACHINE = {"RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0"}
OBJECT_STORE_BYTES = 200 * 2**20  # trials exchange metrics only
# A driver that holds a CPU would keep it from its own worker: on two cores two such drivers wait for ever.
DRIVER_RESOURCES = {"cpu": 0, **ON_HEAD}
WORKER_RESTARTS = 2
CONTROLLER_FAILURES = 3


class TrialFailedError(RuntimeError):
    """A trial's worker gave up; the message is its reason."""


def connect() -> str:
    """Join the cluster that RAY_ADDRESS names, or start one on this machine; the address of Ray's dashboard, or ""."""
    arguments: dict[str, Any] = {"log_to_driver": False, "logging_level": "CRITICAL"}
    environment = ENVIRONMENT
    if "RAY_ADDRESS" not in os.environ:
        arguments["object_store_memory"] = OBJECT_STORE_BYTES
        environment = ENVIRONMENT | OWN_MACHINE
    os.environ.update(environment)
    handlers = {stop: signal.getsignal(stop) for stop in (signal.SIGINT, signal.SIGTERM)}
    context = ray.init(**arguments, runtime_env={"env_vars": environment})
    for stop, handler in handlers.items():  # Ray puts one of its own in SIGTERM's place
        signal.signal(stop, handler)
    return context.dashboard_url


def tune_trials(
    trials: "Sequence[Trial]",
    folder: StudyFolder,
    data: "StudyData",
    protocol: "Protocol",
    callbacks: Sequence[tune.Callback],
    *,
    suggestions: "Suggestions | None" = None,
    early_stopping: ray.actor.ActorHandle | None = None,
) -> None:
    """Run ``trials``, as many at once as the cluster holds, the most expensive first; then what is suggested.

    ``early_stopping``: an actor ``study.cluster.early_stopping.ArmSchedulers``, which may end a trial after an epoch.
    """
    if not trials and suggestions is None:
        return
    ordered = sorted(trials, key=training_frames, reverse=True)
    similar = ordered if suggestions is None else [*ordered, *suggestions.arm_trials]
    driver = partial(_drive, folder=folder, job=ray.put((data, protocol, early_stopping)))
    results = tune.Tuner(
        _named(tune.with_resources(driver, DRIVER_RESOURCES)),
        param_space={"trial": tune.grid_search([trial.as_dict() for trial in ordered])} if suggestions is None else {},
        tune_config=tune.TuneConfig(
            search_alg=suggestions,
            num_samples=1 if suggestions is None else suggestions.trials,
            max_concurrent_trials=concurrent_trials(similar, cluster_nodes()),
            trial_name_creator=trial_name,
            trial_dirname_creator=trial_name,
        ),
        run_config=tune.RunConfig(name="tune", storage_path=str(folder.ray), verbose=0, callbacks=list(callbacks)),
    ).fit()
    for result in results:
        name = result.config["trial"]["name"]
        if result.error and folder.outcome(name)["status"] != "failed":
            _write_failure(folder, name, str(result.error).strip().splitlines()[-1])


def training_frames(trial: "Trial") -> float:
    """Frames that a trial trains per video, over all its epochs: what its cost goes by."""
    return trial.epochs * sum(trial.frame_counts)


def trial_name(tune_trial: Any) -> str:
    """The name of the study's trial that a trial of Tune's runs."""
    return tune_trial.config["trial"]["name"]


def _named(driver: Callable[[dict], None]) -> type[tune.Trainable]:
    """``driver`` for Tune, under its trial's name in Ray's dashboard."""

    class TrialDriver(wrap_function(driver)):
        def __repr__(self) -> str:
            return self.config["trial"]["name"]

    return TrialDriver


def _drive(config: dict, folder: StudyFolder, job: ray.ObjectRef) -> None:
    """Tune's side of a trial: start the Train run, and fail when its worker left word that it failed."""
    from study.cluster.trainer import TrainerWithoutDatasets

    trial = config["trial"]
    reports = TuneReportCallback()
    trainer = TrainerWithoutDatasets(
        _work,
        train_loop_config={"trial": trial, "folder": folder, "job": job},
        scaling_config=_scaling(trial),
        **_backend(trial),
        run_config=train.RunConfig(
            name=f"{trial['name']}-{tune.get_context().get_trial_id()}",
            storage_path=str(folder.ray / "train"),
            callbacks=[reports],
            failure_config=train.FailureConfig(
                max_failures=WORKER_RESTARTS, controller_failure_limit=CONTROLLER_FAILURES
            ),
        ),
    )
    trainer.fit()
    _wait_until_read(reports)
    outcome = folder.outcome(trial["name"])
    if outcome["status"] == "failed":
        raise TrialFailedError(outcome["reason"])


def _wait_until_read(reports: TuneReportCallback) -> None:
    """Wait for Tune, which may be busy with other trials: a driver that ends with a report unread waits for ever."""
    while not reports._training_actor_item_queue.empty():
        time.sleep(0.1)
    time.sleep(0.5)  # what has left this queue is on its way into the next one


def _scaling(trial: dict) -> train.ScalingConfig:
    gpus = {"GPU": trial["gpus"]} if trial["gpus"] else {}
    return train.ScalingConfig(
        num_workers=trial["workers"],
        use_gpu=bool(gpus),
        resources_per_worker={"CPU": trial["cpus"], **gpus},
        accelerator_type=trial["accelerator"],
    )


def _backend(trial: dict) -> dict[str, Any]:
    """How several workers find each other: a torch process group, at the cost of torch in Ray's own processes."""
    if trial["workers"] == 1:
        return {}
    from ray.train.torch import TorchConfig

    return {"backend_config": TorchConfig(backend="cpu:gloo,cuda:nccl" if trial["gpus"] else "gloo")}


def _work(config: dict) -> None:
    """Train's side of a trial. An error of the trial's own is written down; only lost workers are started again."""
    folder, name, workers = config["folder"], config["trial"]["name"], config["trial"]["workers"]
    if folder.outcome(name)["status"] in ("failed", "stopped"):  # several workers start again whatever ended them
        return
    try:
        _train_and_evaluate(config["trial"], folder, config["job"])
    except Exception as error:  # whatever it was, it would come again: the study says which trial failed and why
        if workers == 1 or not isinstance(error, RuntimeError):  # a lost worker is a RuntimeError to the others
            _write_failure(folder, name, f"{type(error).__name__}: {error}")
            (folder.trial(name) / "error.txt").write_text(traceback.format_exc())
        if workers > 1:  # the others wait for this one until Train ends them
            raise


def _train_and_evaluate(values: dict, folder: StudyFolder, job: ray.ObjectRef) -> None:
    import torch

    from study.plan.trial import Trial
    from study.run_trial import run_trial

    trial = Trial.from_dict(values)
    data, protocol, early_stopping = ray.get(job)
    torch.set_num_threads(max(1, int(trial.cpus)))
    if trial.gpus:
        from ray.train.torch import get_device

        torch.cuda.set_device(get_device())
    run_trial(trial, folder, data, protocol, partial(_report, trial, early_stopping))


def _report(trial: "Trial", early_stopping: ray.actor.ActorHandle | None, row: dict[str, float]) -> None:
    """Tell Tune of an epoch. Raises StoppedEarly where the trial must end with it."""
    from study.plan.stopping import StoppedEarly

    reason = _reason_to_stop(trial, early_stopping, row) if early_stopping else None
    train.report({**row, TRAINING_ITERATION: row["epoch"], **({"stopped": True} if reason else {})})
    if reason:
        raise StoppedEarly(reason)


def _reason_to_stop(trial: "Trial", early_stopping: ray.actor.ActorHandle, row: dict[str, float]) -> str | None:
    """The first worker asks, for all of them."""
    from ffn.workers import gathered, worker_rank
    from study.plan.stopping import scheduled

    asks = worker_rank() == 0
    return gathered(ray.get(early_stopping.reason_to_stop.remote(scheduled(trial), row)) if asks else None)[0]


def _write_failure(folder: StudyFolder, name: str, reason: str) -> None:
    write_json(folder.trial(name) / OUTCOME, {"status": "failed", "reason": " ".join(reason.split())})
