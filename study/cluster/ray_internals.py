"""Any process: all uses of what is not Ray's public interface, each with its reason.

``tests/study/cluster/test_ray_internals.py`` has a test for each, which fails by its name when Ray moves. Imports of
Ray stand in the functions, so that each process loads only what it uses.
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ray import tune
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer
    from ray.tune.integration.ray_train import TuneReportCallback
    from ray.tune.schedulers import TrialScheduler

HEAD = "node:__internal_head__"
"""The resource that the head node alone has: what must survive the other nodes runs there."""

ON_HEAD = {HEAD: 0.001}

ACCELERATOR = "accelerator_type:"
"""Prefix of the resource that says a node's kind of GPU, which Ray itself requests at 0.001 a worker."""

LAUNCHER_CONFIG = Path("~/ray_bootstrap_config.yaml").expanduser()
"""What `ray up` leaves on the head: the only place that tells which nodes the first autoscaler may still launch."""

ENVIRONMENT = {
    # Train looks at its workers every 2 s by default, and a shorter epoch waits for the next look.
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.1",
    # A worker may wait for nodes that are yet to be launched; what no node can ever hold is refused before.
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": str(24 * 60 * 60),
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",  # it doubles what workers print
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C must reach the study instead of Tune
}
# A local machine is never pre-empted: without this each trial has one more process that watches for it.
LOCAL_ENVIRONMENT = {"RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0"}


def in_submitted_job() -> bool:
    """Whether this process is the driver of a job submitted to a cluster: Ray sets a variable of this name for it."""
    return "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ


def growing_node_groups() -> list[tuple[int, dict[str, float]]]:
    """Number (-1: any) and resources of the node groups of KubeRay and Ray's second autoscaler; else none.

    ``ray.nodes()`` names only nodes that are there already.
    """
    from ray._private.state import state

    config = state.get_cluster_config()
    groups = config.node_group_configs if config is not None else ()
    return [(group.max_count, dict(group.resources)) for group in groups]


def named_trainable(function: Callable[[dict], None], name: Callable[[dict], str]) -> "type[tune.Trainable]":
    """``function`` for Tune, shown in Ray's dashboard as ``name(config)``.

    Tune's own class for functions is shown by the function's name, the same for every trial.
    """
    from ray.tune.trainable import wrap_function

    class NamedTrainable(wrap_function(function)):  # type: ignore[misc]  # a class that Ray makes at run time
        def __repr__(self) -> str:
            return name(self.config)

    return NamedTrainable


def trainer_without_datasets(*arguments: Any, **options: Any) -> "DataParallelTrainer":
    """Train's trainer without Ray Data, which reads no clip here: its manager would be one more process per trial."""
    from ray.train.v2._internal.callbacks import DatasetsCallback
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    class TrainerWithoutDatasets(DataParallelTrainer):
        def _create_default_callbacks(self) -> list:
            usual = super()._create_default_callbacks()
            return [callback for callback in usual if not isinstance(callback, DatasetsCallback)]

    return TrainerWithoutDatasets(*arguments, **options)


def wait_until_read(reports: "TuneReportCallback") -> None:
    """Wait until Tune, which may be busy with other trials, has read the reports.

    A trial process that ends with a report unread hangs for ever.
    """
    while not reports._training_actor_item_queue.empty():
        time.sleep(0.1)
    time.sleep(0.5)  # what has left this queue is on its way into the next one


def epoch_number(epoch: float) -> dict[str, float]:
    """What makes Tune count an epoch by its own number: its count of reports starts again with a retry."""
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
        """Let the scheduler know of a result without a decision: as the last one of a trial that is complete."""
        self._add(trial)
        self.scheduler.on_trial_complete(None, trial, row)
        self.known.discard(trial.trial_id)

    def _add(self, trial: Any) -> None:
        if trial.trial_id not in self.known:
            self.scheduler.on_trial_add(None, trial)
            self.known.add(trial.trial_id)
