"""What an experiment will do and cost, before anything is trained."""

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import torch
from torch import nn

from ffn.data.synthetic import SyntheticDataset
from ffn.data.synthetic.motions import MOTION_SETS
from ffn.evaluation.cost import multiply_adds
from ffn.models.factory import create_model
from study.dataset import StudyData
from study.plan.experiment import Experiment
from study.plan.trial import Resources, Trial

# Sustained multiply-adds per second in training, assumed for the estimate of time: a quarter of the H200's dense
# bfloat16 peak, and what the tiny network reaches on one core of a current server processor.
GPU_SPEED = 1.2e14
CORE_SPEED = 4.0e10
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
    train_clips: int
    steps: int
    decoded_frames: int
    multiply_adds: float
    seconds: float


class Size(NamedTuple):
    """Of what a trial trains on."""

    train_clips: int
    num_classes: int


SSV2 = Size(train_clips=168_913, num_classes=174)
"""The paper, section 4.1."""


def size_of(trial: Trial, experiment: Experiment, data: StudyData | None) -> Size:
    """The size of the trial's own synthetic dataset, else of ``data``, else of the experiment's synthetic dataset, else
    of Something-Something V2."""
    if trial.synthetic:
        return _synthetic_size(trial.synthetic)
    if data:
        dataset = data.of(trial).dataset
        return Size(len(dataset.labelled("train")), len(dataset.classes))
    return _synthetic_size(experiment.synthetic) if experiment.synthetic else SSV2


def _synthetic_size(config: SyntheticDataset) -> Size:
    return Size(config.train, len(MOTION_SETS[config.motions]))


def plan(experiment: Experiment, data: StudyData | None = None) -> list[TrialPlan]:
    """The plan of every trial on ``data``; None: see ``size_of``."""
    plans = [_plan(trial, size_of(trial, experiment, data)) for trial in experiment.trials]
    if experiment.search is None:
        return plans
    return [row if row.trial.needs else _times(row, 1 + experiment.search.samples) for row in plans]


def _times(row: TrialPlan, trials: int) -> TrialPlan:
    sizes = ("steps", "decoded_frames", "multiply_adds", "seconds")
    return replace(row, trials=trials, **{name: trials * getattr(row, name) for name in sizes})


def _plan(trial: Trial, size: Size) -> TrialPlan:
    if trial.members:
        return TrialPlan(
            trial=trial, train_clips=size.train_clips, steps=0, decoded_frames=0, multiply_adds=0.0, seconds=0.0
        )
    training = trial.training
    steps = round(size.train_clips * training.data_share) // training.batch_size * training.epochs
    drawn = training.schedule.expected(steps)
    architecture = json.dumps(training.architecture(size.num_classes))
    cost = {count: _clip_cost(architecture, count, training.crop_size) for count in training.frame_counts}
    trained, taught = (
        sum(times * sum(cost[count] for count in counts_of(frames)) for frames, times in drawn.items())
        for counts_of in (training.objective.trained_counts, training.objective.taught_counts)
    )
    total = training.batch_size * ((FROZEN_FACTOR if trial.method == "retrofit" else FULL_FACTOR) * trained + taught)
    return TrialPlan(
        trial=trial,
        train_clips=size.train_clips,
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
