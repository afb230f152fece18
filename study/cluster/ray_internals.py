"""Any process: all uses of what is not Ray's public interface, each with its reason.

``tests/study/cluster/test_ray_internals.py`` has a test of each, whose name says what changed in Ray if it fails. Ray
is imported inside the functions, so that each process loads only what it uses.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ray import tune
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer
    from ray.tune.schedulers import TrialScheduler

HEAD = "node:__internal_head__"
"""A resource of the head node only: what must survive the loss of other nodes runs there."""

ON_HEAD = {HEAD: 0.001}

ACCELERATOR = "accelerator_type:"
"""Prefix of the resource for a node's GPU type; Ray itself requests 0.001 of it per worker."""

LAUNCHER_CONFIG = Path("~/ray_bootstrap_config.yaml").expanduser()
"""Written by `ray up` on the head: the only record of the nodes that the first autoscaler may still launch."""

ENVIRONMENT = {
    # Train polls its workers every 2 s by default, and a shorter epoch waits for the next poll; each poll costs both.
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    # A worker may wait for nodes still to be launched; a trial that can never run was refused before.
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": str(24 * 60 * 60),
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",  # it prints workers' lines twice
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C must reach the study instead of Tune
    "RAY_WARN_BLOCKING_GET_INSIDE_ASYNC": "0",  # as Train sets it for its controller
}
LOCAL_ENVIRONMENT = {
    # A local machine is never pre-empted: this saves a watching process per trial.
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",
    # Ray starts a process per core that nobody asks for: each of the study's has an environment of its own.
    "RAY_prestart_worker_first_driver": "0",
}


STARTS_WITHIN_SECONDS = 300


@contextmanager
def patient_start() -> Iterator[None]:
    """Where a local Ray starts: wait for its processes as long as a busy machine needs, where Ray gives up after 30 s.

    Raises TimeoutError if they do not start at all.
    """
    from ray._private import services

    impatient = services.get_node

    def patient(gcs_address: str, node: str) -> dict:
        end = time.monotonic() + STARTS_WITHIN_SECONDS
        while True:
            try:
                return impatient(gcs_address, node)
            except RuntimeError as error:
                if time.monotonic() > end:
                    raise TimeoutError(
                        f"Ray's processes did not start within {STARTS_WITHIN_SECONDS} s: is this machine overloaded?"
                    ) from error

    services.get_node = patient
    try:
        yield
    finally:
        services.get_node = impatient


def in_submitted_job() -> bool:
    """Whether this process is the driver of a job submitted to a cluster, for which Ray sets this variable."""
    return "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ


def growing_node_groups() -> list[tuple[int, dict[str, float]]]:
    """Number (-1: any) and resources of the node groups of KubeRay and Ray's second autoscaler; else none.

    ``ray.nodes()`` lists running nodes only.
    """
    from ray._private.state import state

    config = state.get_cluster_config()
    groups = config.node_group_configs if config is not None else ()
    return [(group.max_count, dict(group.resources)) for group in groups]


def named_trainable(function: Callable[[dict], None], name: Callable[[dict], str]) -> "type[tune.Trainable]":
    """``function`` for Tune, shown in Ray's dashboard as ``name(config)``.

    Tune's own class for functions shows the function's name, the same for every trial.
    """
    from ray.tune.trainable import wrap_function

    class NamedTrainable(wrap_function(function)):  # type: ignore[misc]  # a class that Ray makes at run time
        def __repr__(self) -> str:
            return name(self.config)

    return NamedTrainable


def trainer_in_this_process(*arguments: Any, placement_group: Path, **options: Any) -> "DataParallelTrainer":
    """Train's trainer with its controller in the calling process, without Ray Data, which is not used here, without the
    process that tells the cluster's autoscaler what the workers need, which their placement group tells it too, and
    without the one that asks once a second whether the controller lives, to free its workers' places.

    Each would be another process, which a trial would wait for. In place of the last, the file ``placement_group`` says
    which places are taken, for ``free_places``.
    """
    from ray.train.v2._internal.callbacks import DatasetsCallback
    from ray.train.v2._internal.callbacks.placement_group_callback import PlacementGroupCleanerCallback
    from ray.train.v2._internal.execution.callback import WorkerGroupCallback
    from ray.train.v2._internal.execution.controller import TrainController
    from ray.train.v2._internal.execution.scaling_policy import FixedScalingPolicy
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    class PlacementGroupWriter(WorkerGroupCallback):
        def after_worker_group_start(self, worker_group: Any) -> None:
            group = worker_group.get_worker_group_state().placement_group_handle.placement_group
            placement_group.parent.mkdir(parents=True, exist_ok=True)
            placement_group.write_text(group.id.hex())

    class NoRequests(FixedScalingPolicy):
        def after_controller_start(self, train_run_context: Any) -> None:
            pass

        def _maybe_send_resource_request(self) -> None:
            pass

    class TrainerInThisProcess(DataParallelTrainer):
        def _create_default_callbacks(self) -> list:
            left_out = (DatasetsCallback, PlacementGroupCleanerCallback)
            usual = super()._create_default_callbacks()
            return [*(callback for callback in usual if not isinstance(callback, left_out)), PlacementGroupWriter()]

        def _initialize_and_run_controller(self, **controller: Any) -> Any:
            policy = NoRequests(controller["scaling_policy"].scaling_config)
            running = TrainController(**controller | {"scaling_policy": policy})
            asyncio.run(running.run())
            return running.get_result()

    return TrainerInThisProcess(*arguments, **options)


def free_places(placement_group: Path) -> None:
    """Free the places of a trial's workers, if its trial process was lost before it could.

    Ray keeps what an actor's placement group reserves until its job ends, and other trials would wait for it.
    """
    from ray import PlacementGroupID
    from ray.util.placement_group import PlacementGroup, remove_placement_group

    if placement_group.exists():
        remove_placement_group(PlacementGroup(PlacementGroupID.from_hex(placement_group.read_text())))
        placement_group.unlink()


def epoch_number(epoch: float) -> dict[str, float]:
    """Makes Tune use the epoch's number: its own count of reports restarts when a trial is retried."""
    from ray.air.constants import TRAINING_ITERATION

    return {TRAINING_ITERATION: epoch}


class SchedulerOutsideTune:
    """One of Tune's schedulers outside a Tune run: without Tune's controller, and a trial is anything with a
    ``trial_id``."""

    def __init__(self, scheduler: "TrialScheduler") -> None:
        self.scheduler: Any = scheduler
        self.known: set[str] = set()

    def says_stop(self, trial: Any, row: Mapping[str, Any]) -> bool:
        """Whether the scheduler stops the trial after the result ``row``."""
        self._add(trial)
        return self.scheduler.on_trial_result(None, trial, row) == self.scheduler.STOP

    def tell(self, trial: Any, row: Mapping[str, Any]) -> None:
        """Report a result without asking for a decision: as the last result of a completed trial."""
        self._add(trial)
        self.scheduler.on_trial_complete(None, trial, row)
        self.known.discard(trial.trial_id)

    def _add(self, trial: Any) -> None:
        if trial.trial_id not in self.known:
            self.scheduler.on_trial_add(None, trial)
            self.known.add(trial.trial_id)
