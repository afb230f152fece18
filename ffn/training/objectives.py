"""Objectives: which sequences a training step runs, and the loss of each.

Sequences run longest first, each backward before the next forward, and teachers are detached. The gradients are those
of the summed loss; peak memory is that of the longest sequence.

To add an objective, subclass ``Objective`` and register it in ``OBJECTIVES``; the loop, the settings and a study's cost
estimate use its methods.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ffn.training.checks import require

Predict = Callable[[Tensor], Tensor]
"""Clips (B, T, 3, H, W) to logits (B, classes)."""


@dataclass(frozen=True)
class SequenceResult:
    """One sequence's loss (a scalar) and logits (B, classes), detached."""

    loss: Tensor
    logits: Tensor


@dataclass(frozen=True, kw_only=True)
class Step:
    """One training step: its sequences, and the operations an objective may use."""

    clips: Mapping[int, Callable[[], Tensor]]
    """By frame count, what makes the clips (B, T, 3, H, W), so that they exist only during their forward pass."""
    labels: Tensor
    """(B,)"""
    predict: Predict
    """The network in training."""
    predict_averaged: Predict | None = None
    """The average of its weights, in evaluation mode; None without ``averaging``."""
    backward: Callable[[Tensor], None] = Tensor.backward
    """Adds the gradients of a loss."""
    index: int = 0
    """Number of the step, from 0."""
    total: int = 1
    """Number of steps of the training."""

    @property
    def counts(self) -> tuple[int, ...]:
        """The frame counts, highest first."""
        return tuple(sorted(self.clips, reverse=True))

    def train(self, clips: Callable[[], Tensor], loss: Callable[[Tensor], Tensor]) -> SequenceResult:
        """Run one sequence forward and backward; ``loss`` is a function of its logits."""
        logits = _at_least_float32(self.predict(clips()))
        value = loss(logits)
        self.backward(value)
        return SequenceResult(value.detach(), logits.detach())

    @torch.no_grad()
    def teach(self, count: int) -> Tensor:
        """The averaged network's logits at ``count`` frames."""
        assert self.predict_averaged is not None  # see Objective.required_settings
        return _at_least_float32(self.predict_averaged(self.clips[count]()))

    def cross_entropy(self, logits: Tensor) -> Tensor:
        """Cross-entropy with the labels, mean over the batch."""
        return F.cross_entropy(logits, self.labels)


@dataclass(frozen=True, kw_only=True)
class Objective(ABC):
    """Base class. Subclasses are frozen keyword-only dataclasses that validate their fields."""

    name: ClassVar[str]
    independent: ClassVar[bool] = False
    """Whether the loss of each count depends on that count alone; required for a retrofit."""

    @property
    def required_settings(self) -> tuple[str, ...]:
        """Fields of ``TrainingSettings`` that this objective requires."""
        return ()

    def trained_counts(self, frame_set: tuple[int, ...]) -> tuple[int, ...]:
        """The frame counts run forward and backward in a step of ``frame_set``."""
        return frame_set

    def taught_counts(self, frame_set: tuple[int, ...]) -> tuple[int, ...]:
        """The frame counts at which the averaged network runs forward in such a step."""
        return ()

    @abstractmethod
    def backward(self, step: Step) -> dict[int, SequenceResult]:
        """Accumulate the gradients of the step's loss; return the result of each trained count."""

    def as_dict(self) -> dict[str, Any]:
        """The name and the fields, as plain values."""
        return {"name": self.name, **asdict(self)}


@dataclass(frozen=True, kw_only=True)
class CrossEntropy(Objective):
    """Cross-entropy at every count."""

    name = "cross_entropy"
    independent = True

    def backward(self, step: Step) -> dict[int, SequenceResult]:
        """Train each sequence by itself."""
        return {count: step.train(step.clips[count], step.cross_entropy) for count in step.counts}


@dataclass(frozen=True, kw_only=True)
class Distillation(Objective):
    """FFN's temporal distillation (paper, equation 6): cross-entropy at the highest count, which teaches the others.

    With a single count the loss is cross-entropy.
    """

    name = "distillation"

    weight: float = 1.0
    """Weight of KL(highest || other), batch mean: the paper's lambda."""
    cross_entropy_weight: float = 0.0
    """Weight of an additional cross-entropy at the taught counts."""
    begins_at: float = 0.0
    """Share of the training after which distillation begins; before, every count is trained by cross-entropy."""
    averaged_teacher: bool = False
    """Use the average of the weights (``averaging``) as the teacher instead of the network itself."""

    def __post_init__(self) -> None:
        for name in ("weight", "cross_entropy_weight"):
            require(self, name, getattr(self, name) >= 0, "at least 0")
        require(self, "begins_at", 0 <= self.begins_at < 1, "in [0, 1)")

    @property
    def required_settings(self) -> tuple[str, ...]:
        """``averaging``, for an averaged teacher."""
        return ("averaging",) if self.averaged_teacher else ()

    def taught_counts(self, frame_set: tuple[int, ...]) -> tuple[int, ...]:
        """The highest, for an averaged teacher."""
        return (max(frame_set),) if self.averaged_teacher and len(frame_set) > 1 else ()

    def backward(self, step: Step) -> dict[int, SequenceResult]:
        """Train the highest count, then those it teaches."""
        highest, *others = step.counts
        results = {highest: step.train(step.clips[highest], step.cross_entropy)}
        loss = self._loss_of_others(step, results[highest]) if others else step.cross_entropy
        return results | {count: step.train(step.clips[count], loss) for count in others}

    def _loss_of_others(self, step: Step, highest: SequenceResult) -> Callable[[Tensor], Tensor]:
        if step.index < self.begins_at * step.total:
            return step.cross_entropy
        teacher = step.teach(step.counts[0]) if self.averaged_teacher else highest.logits
        return partial(self._loss, step, teacher)

    def _loss(self, step: Step, teacher: Tensor, logits: Tensor) -> Tensor:
        loss = self.weight * divergence(teacher, logits)
        return loss + self.cross_entropy_weight * step.cross_entropy(logits) if self.cross_entropy_weight else loss


@dataclass(frozen=True, kw_only=True)
class Mixed(Objective):
    """Mixed training (FFN paper, Table 1): cross-entropy at the highest count, the lowest mixed into its clips."""

    name = "mixed"

    def trained_counts(self, frame_set: tuple[int, ...]) -> tuple[int, ...]:
        """Only the highest."""
        return (max(frame_set),)

    def backward(self, step: Step) -> dict[int, SequenceResult]:
        """Train the mixed sequence."""
        highest, lowest = step.counts[0], step.counts[-1]
        clips = step.clips[highest]
        if lowest < highest:
            clips = partial(_mixed_clips, clips, step.clips[lowest])
        return {highest: step.train(clips, step.cross_entropy)}


OBJECTIVES: dict[str, type[Objective]] = {
    objective.name: objective
    for objective in (
        CrossEntropy,
        Distillation,
        Mixed,
    )
}


def objective_from_dict(values: Any) -> Objective:
    """Inverse of ``Objective.as_dict``. Raises ValueError for anything else."""
    if not isinstance(values, Mapping) or values.get("name") not in OBJECTIVES:
        raise ValueError(f"objective must be a dictionary with a name of {', '.join(OBJECTIVES)}, got {values!r}")
    fields = {field: value for field, value in values.items() if field != "name"}
    try:
        return OBJECTIVES[values["name"]](**fields)
    except TypeError as error:
        raise ValueError(f"objective {values['name']}: {error}") from error


def divergence(teacher_logits: Tensor, student_logits: Tensor) -> Tensor:
    """KL(teacher || student) of the predicted distributions, batch mean."""
    return F.kl_div(
        F.log_softmax(student_logits, dim=1),
        F.log_softmax(teacher_logits, dim=1),
        reduction="batchmean",
        log_target=True,
    )


def mix_in(long_clips: Tensor, short_clips: Tensor) -> Tensor:
    """Blend ``short_clips`` (B, L, ...) into consecutive frames of ``long_clips`` (B, H, ...), L <= H.

    Both are clips of the same videos, so the labels are unchanged. The paper specifies neither position nor weight:
    here one position and one weight, uniform in [0, 1), are drawn per batch from torch's generator.
    """
    count = short_clips.shape[1]
    start = int(torch.randint(long_clips.shape[1] - count + 1, ()))
    weight = torch.rand(()).item()
    mixed = long_clips.clone()
    mixed[:, start : start + count] = weight * long_clips[:, start : start + count] + (1 - weight) * short_clips
    return mixed


def _mixed_clips(make_long: Callable[[], Tensor], make_short: Callable[[], Tensor]) -> Tensor:
    return mix_in(make_long(), make_short())


def _at_least_float32(logits: Tensor) -> Tensor:
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
