"""What an experiment will do and cost, before anything is trained."""

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch
from torch import nn

from ffn.data.synthetic.motions import MOTION_SETS
from ffn.evaluation.cost import multiply_adds
from ffn.models.factory import create_model
from study.dataset import data_of
from study.plan.experiment import Experiment
from study.plan.trial import Resources, Trial

# Sustained multiply-adds per second in training, assumed for the estimate of time: a quarter of the H200's dense
# bfloat16 peak, and what the tiny network reaches on one core of a current server processor.
GPU_SPEED = 1.2e14
CORE_SPEED = 4.0e10
SSV2_TRAINING_CLIPS, SSV2_CLASSES = 168_913, 174  # the paper, section 4.1
FULL_FACTOR = 3  # forward, and backward by inputs and by weights
FROZEN_FACTOR = 2  # without the backward pass by weights


@dataclass(frozen=True, kw_only=True)
class TrialPlan:
    """The size of ``trials`` trials: ``trial`` and the variations that a search will suggest, assumed equally large.

    ``decoded_frames`` counts the frames of every sequence, although shared frames are decoded once. For schedules that
    draw frame sets, sizes are expected values.
    """

    trial: Trial
    trials: int = 1
    steps: int
    decoded_frames: int
    multiply_adds: float
    seconds: float


def size_of(experiment: Experiment, data_root: Path | None) -> tuple[int, int]:
    """Number of training clips and classes: of the folder, else the synthetic dataset, else Something-Something V2."""
    if data_root is not None:
        data = data_of(experiment, data_root)
        return data.description()["clips"]["train"], data.num_classes
    if experiment.synthetic is not None:
        return experiment.synthetic.train, len(MOTION_SETS[experiment.synthetic.motions])
    return SSV2_TRAINING_CLIPS, SSV2_CLASSES


def plan(experiment: Experiment, train_clips: int, num_classes: int) -> list[TrialPlan]:
    """The plan of every trial for a training split of ``train_clips`` videos."""
    plans = [_plan(trial, train_clips, num_classes) for trial in experiment.trials]
    if experiment.search is None:
        return plans
    return [row if row.trial.needs else _times(row, 1 + experiment.search.samples) for row in plans]


def _times(row: TrialPlan, trials: int) -> TrialPlan:
    sizes = ("steps", "decoded_frames", "multiply_adds", "seconds")
    return replace(row, trials=trials, **{name: trials * getattr(row, name) for name in sizes})


def _plan(trial: Trial, train_clips: int, num_classes: int) -> TrialPlan:
    if trial.members:
        return TrialPlan(trial=trial, steps=0, decoded_frames=0, multiply_adds=0.0, seconds=0.0)
    training = trial.training
    steps = round(train_clips * training.data_share) // training.batch_size * training.epochs
    drawn = training.schedule.expected(steps)
    architecture = json.dumps(training.architecture(num_classes))
    cost = {count: _clip_cost(architecture, count, training.crop_size) for count in training.frame_counts}
    trained, taught = (
        sum(times * sum(cost[count] for count in counts_of(frames)) for frames, times in drawn.items())
        for counts_of in (training.objective.trained_counts, training.objective.taught_counts)
    )
    total = training.batch_size * ((FROZEN_FACTOR if trial.method == "retrofit" else FULL_FACTOR) * trained + taught)
    return TrialPlan(
        trial=trial,
        steps=steps,
        decoded_frames=round(training.batch_size * sum(times * sum(frames) for frames, times in drawn.items())),
        multiply_adds=float(total),
        seconds=total / _speed(trial.resources),
    )


def _speed(resources: Resources) -> float:
    """Multiply-adds per second of all workers together."""
    return resources.workers * (GPU_SPEED * resources.gpus if resources.gpus else CORE_SPEED * resources.cpus)


@cache
def _clip_cost(architecture: str, count: int, size: int) -> int:
    """Multiply-adds of a clip; cached, since trials share networks."""
    return multiply_adds(_network(architecture), count, size)


@cache
def _network(architecture: str) -> nn.Module:
    """The network on the meta device, without weights."""
    with torch.device("meta"):
        return create_model(**json.loads(architecture))


def clock(seconds: float) -> str:
    """Seconds as 5:07 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
