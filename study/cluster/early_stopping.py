"""The early-stopping actor: the trials' workers ask Tune's schedulers in it after each epoch. The study's driver starts
it. It must not import torch."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ray
from ray.tune.schedulers import ASHAScheduler, MedianStoppingRule

from study.cluster.ray_internals import ON_HEAD, SchedulerOutsideTune
from study.plan.score import SCORE, score, scored
from study.plan.stopping import METHODS, ScheduledTrial, Stopping, scheduled

if TYPE_CHECKING:  # the actor needs no torch
    from study.study import Study

ACTOR = {"num_cpus": 0, "resources": ON_HEAD, "max_restarts": -1, "max_task_retries": -1}


class ArmSchedulers:
    """A scheduler of Tune's for each arm: a shared one would end the trials of all methods but the fastest learner.

    A trial is not stopped after its last epoch: only its evaluation is left.
    """

    def __init__(
        self,
        stopping: Stopping,
        frames: Sequence[int],
        earlier: Mapping[ScheduledTrial, Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:
        """``earlier``: the rows of epochs.csv from earlier sessions, with their score."""
        self.stopping, self.frames = stopping, frames
        self.by_arm: dict[tuple[str, ...], SchedulerOutsideTune] = {}
        self.reasons: dict[ScheduledTrial, str] = {}
        for trial, rows in (earlier or {}).items():
            for row in rows:
                self._scheduler(trial).tell(trial, row)

    def reason_to_stop(self, trial: ScheduledTrial, row: Mapping[str, Any]) -> str | None:
        """Why ``trial`` must end after the epoch of ``row``; None: it continues."""
        if trial in self.reasons:  # the worker was lost before it could stop
            return self.reasons[trial]
        scored = {**row, SCORE: score(row, self.frames)}
        if not self._scheduler(trial).says_stop(trial, scored) or row["epoch"] >= trial.epochs:
            return None
        self.reasons[trial] = (
            f"{METHODS[self.stopping.method]} stopped it after epoch {row['epoch']} of {trial.epochs}:"
            f" {scored[SCORE]:.2f} % validation top-1 at {'+'.join(map(str, self.frames))} frames"
        )
        return self.reasons[trial]

    def _scheduler(self, trial: ScheduledTrial) -> SchedulerOutsideTune:
        if trial.arm not in self.by_arm:
            self.by_arm[trial.arm] = _scheduler(self.stopping, trial.epochs)
        return self.by_arm[trial.arm]


def start_early_stopping(study: "Study") -> ray.actor.ActorHandle:
    """Start the actor of a session; it is told of the epochs of earlier ones.

    Tune itself would stop a trial by killing its trial process, and the Train run below would leave its placement group
    behind, so that the next trial would wait for ever (Ray's issue 54305). So the worker asks, and ends by itself.
    """
    stopping, frames = study.experiment.stopping, study.experiment.score_frames
    trials = [scheduled(trial) for trial in study.trials if not trial.needs]
    earlier = {trial: scored(study.folder.epochs(trial.trial_id), frames) for trial in trials}
    actor: Any = ray.remote(ArmSchedulers)
    return actor.options(**ACTOR).remote(stopping, frames, earlier)


def _scheduler(stopping: Stopping, epochs: int) -> SchedulerOutsideTune:
    common: dict[str, Any] = {"time_attr": "epoch", "metric": SCORE, "mode": "max"}
    common["grace_period"] = stopping.grace_epochs
    if stopping.method == "asha":
        asha = ASHAScheduler(**common, max_t=epochs, reduction_factor=stopping.reduction, stop_last_trials=False)
        return SchedulerOutsideTune(asha)
    common["min_time_slice"] = math.inf  # else it pauses trials in favour of waiting ones
    return SchedulerOutsideTune(MedianStoppingRule(**common))
