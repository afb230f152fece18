"""What an experiment will do and cost, before anything is trained."""

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import NamedTuple

import torch

from ffn.data.synthetic import SyntheticDataset
from ffn.data.synthetic.motions import MOTION_SETS
from ffn.evaluation.cost import multiply_adds
from ffn.models.factory import create_model, is_frame_by_frame, plain_name
from ffn.models.families.own import is_own
from ffn.training.settings import TrainingSettings
from study.dataset import StudyData
from study.plan.experiment import Experiment
from study.plan.speed import Device, Speeds
from study.plan.trial import Trial
from study.study import Study

FULL_FACTOR = 3  # forward, and backward by inputs and by weights
FROZEN_FACTOR = 2  # without the backward pass by weights


class Size(NamedTuple):
    """Of what a trial trains on."""

    train_clips: int
    validation_clips: int
    num_classes: int


SSV2 = Size(train_clips=168_913, validation_clips=24_777, num_classes=174)
"""The paper, section 4.1."""


@dataclass(frozen=True, kw_only=True)
class TrialPlan:
    """The size of ``trial``, or of as many variations of it as a search will suggest, assumed equally large.

    ``variations``: their number; None: it is that of the trial itself. ``size``: of what each trains on.
    ``multiply_adds`` and ``seconds``, on the trial's own share of devices, are those of training and of validation
    after each epoch; the evaluation at the end is left out. ``decoded_frames`` counts the frames of every trained
    sequence, although shared frames are decoded once. For schedules that draw frame sets, sizes are expected values.
    ``loader_cores``: how many keep one device busy; None where a cache holds decoded frames, or nothing is trained.
    """

    trial: Trial
    size: Size
    variations: int | None = None
    steps: int = 0
    decoded_frames: int = 0
    multiply_adds: float = 0.0
    seconds: float = 0.0
    loader_cores: float | None = None

    @property
    def trials(self) -> int:
        """How many trials it is the size of."""
        return 1 if self.variations is None else self.variations

    @property
    def device_seconds(self) -> float:
        """Seconds of one whole device, or core: all workers' together."""
        resources = self.trial.resources
        return self.seconds * resources.workers * (resources.gpus or resources.cpus)


def size_of(trial: Trial, experiment: Experiment, data: StudyData | None) -> Size:
    """The size of the trial's own synthetic dataset, else of ``data``, else of the experiment's synthetic dataset, else
    of Something-Something V2."""
    if trial.synthetic:
        return _synthetic_size(trial.synthetic)
    if data:
        dataset = data.of(trial).dataset
        return Size(len(dataset.labelled("train")), len(dataset.labelled("validation")), len(dataset.classes))
    return _synthetic_size(experiment.synthetic) if experiment.synthetic else SSV2


def _synthetic_size(config: SyntheticDataset) -> Size:
    return Size(config.train, config.validation, len(MOTION_SETS[config.motions]))


def plan(study: Study, data: StudyData | None = None, speeds: Speeds | None = None) -> list[TrialPlan]:
    """The plan of every trial that is left to train, and of those that are left to suggest, on ``data`` (None: see
    ``size_of``) at ``speeds`` (None: the assumed ones)."""
    of_trial = partial(_plan, experiment=study.experiment, data=data, speeds=speeds or Speeds())
    suggested = [_times(of_trial(trial), number) for trial, number in study.to_suggest().items()]
    return [*map(of_trial, study.to_train()), *suggested]


def _times(row: TrialPlan, variations: int) -> TrialPlan:
    sizes = ("steps", "decoded_frames", "multiply_adds", "seconds")
    return replace(row, variations=variations, **{name: variations * getattr(row, name) for name in sizes})


def _plan(trial: Trial, experiment: Experiment, data: StudyData | None, speeds: Speeds) -> TrialPlan:
    size = size_of(trial, experiment, data)
    if trial.members:
        return TrialPlan(trial=trial, size=size)
    training, resources = trial.training, trial.resources
    steps = round(size.train_clips * training.data_share) // training.batch_size * training.epochs
    drawn = training.schedule.expected(steps) if steps else {}  # fewer clips than a batch: training refuses them
    cost = partial(clip_cost, training, size.num_classes)
    trained, taught = (
        training.batch_size * sum(times * sum(map(cost, counts_of(frames))) for frames, times in drawn.items())
        for counts_of in (training.objective.trained_counts, training.objective.taught_counts)
    )
    validated_clips = size.validation_clips * training.epochs
    validated = validated_clips * sum(map(cost, {*training.frame_counts, *experiment.validation_frames}))
    factor = FROZEN_FACTOR if trial.method == "retrofit" else FULL_FACTOR
    total = float(factor * trained + taught + validated)
    device_share = resources.gpus or resources.cpus
    device: Device = "GPU" if resources.gpus else "core"
    speed = device_share * speeds.of(device, training.backbone, compiled=training.compile)
    read = steps * training.batch_size + validated_clips
    return TrialPlan(
        trial=trial,
        size=size,
        steps=steps,
        decoded_frames=round(training.batch_size * sum(times * sum(frames) for frames, times in drawn.items())),
        multiply_adds=total,
        seconds=total / speed / resources.workers,
        loader_cores=None if experiment.decoded_cache or not read else speeds.reading * read / (total / speed),
    )


def clip_cost(training: TrainingSettings, num_classes: int, count: int) -> int:
    """Multiply-adds of a clip of ``count`` frames."""
    kernels = bool(training.parts and training.parts.temporal_kernels)
    network = (training.backbone, kernels, num_classes, training.crop_size)
    if is_frame_by_frame(training.backbone):
        return count * _network_cost(*network, 1)
    return _network_cost(*network, count)


@cache
def _network_cost(backbone: str, kernels: bool, num_classes: int, size: int, count: int) -> int:
    """Of all that a frame count may have for itself, temporal kernels alone add multiply-adds. Cached, since trials
    share networks."""
    with torch.device("cpu" if is_own(backbone) else "meta"):  # one's own may compute while it is built
        if kernels:
            network = create_model(f"ffn_{backbone}", num_classes, (1,), temporal_kernels=True)
        else:
            network = create_model(plain_name(backbone), num_classes)
    return multiply_adds(network, count, size)


def clock(seconds: float) -> str:
    """Seconds as 5:07 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
