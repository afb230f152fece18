"""What a step minimises over the sequences of one set of videos (FFN paper, equation 6).

The teacher is detached, so each sequence goes backward before the next goes forward: the gradients are those of the
summed loss, and the memory is that of the longest sequence alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Predict = Callable[[int], Tensor]


@dataclass(frozen=True)
class SequenceResult:
    """One sequence's loss (a scalar) and logits (B, classes), detached."""

    loss: Tensor
    logits: Tensor


def backward_by_sequence(
    predict: Predict,
    labels: Tensor,
    *,
    frame_counts: tuple[int, ...],
    distillation_weight: float | None,
    cross_entropy_weight: float = 0.0,
    teach: Predict | None = None,
    backward: Callable[[Tensor], None] = Tensor.backward,
) -> Mapping[int, SequenceResult]:
    """Accumulate the gradients of the step's loss, one sequence at a time, the longest first.

    ``predict`` answers a frame count with logits (B, classes); ``labels`` are (B,). The highest count is trained by
    cross-entropy. The others are trained by the divergence KL(highest || other), batch mean, times
    ``distillation_weight`` (temporal distillation), plus cross-entropy times ``cross_entropy_weight``; or by
    cross-entropy alone where ``distillation_weight`` is None. The teacher is the network itself at the highest count,
    or the network that answers ``teach`` there.
    """
    results: dict[int, SequenceResult] = {}
    teacher: Tensor | None = None
    for count in sorted(frame_counts, reverse=True):
        logits = _at_least_float32(predict(count))
        if teacher is None or distillation_weight is None:
            loss = F.cross_entropy(logits, labels)
        else:
            loss = distillation_weight * divergence(teacher, logits)
            if cross_entropy_weight:
                loss = loss + cross_entropy_weight * F.cross_entropy(logits, labels)
        backward(loss)
        results[count] = SequenceResult(loss.detach(), logits.detach())
        if teacher is None:
            teacher = _lesson(teach, count) if teach else logits.detach()
    return results


@torch.no_grad()
def _lesson(teach: Predict, count: int) -> Tensor:
    return _at_least_float32(teach(count))


def _at_least_float32(logits: Tensor) -> Tensor:
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def divergence(teacher_logits: Tensor, student_logits: Tensor) -> Tensor:
    """KL(teacher || student) of the two predicted distributions, mean over the batch."""
    return F.kl_div(
        F.log_softmax(student_logits, dim=1),
        F.log_softmax(teacher_logits, dim=1),
        reduction="batchmean",
        log_target=True,
    )
