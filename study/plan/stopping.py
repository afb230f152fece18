"""Early stopping: trials that fall behind the others of their arm end before their last epoch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from study.plan.trial import Trial

METHODS = {"asha": "ASHA", "median": "the median rule"}


@dataclass(frozen=True, kw_only=True)
class ScheduledTrial:
    """A trial as the schedulers see it; Tune's read only ``trial_id``."""

    trial_id: str
    arm: tuple[str, ...]
    epochs: int


def scheduled(trial: "Trial") -> ScheduledTrial:
    """``trial`` for the schedulers."""
    return ScheduledTrial(trial_id=trial.name, arm=tuple(trial.arm), epochs=trial.training.epochs)


class StoppedEarly(Exception):  # noqa: N818 - nothing went wrong
    """Raised to end a trial after an epoch; the message is the reason."""


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """Raises ValueError naming the field for an invalid value."""

    method: Literal["asha", "median"] = "asha"
    """"asha": at growing epochs only the best share continues (Li et al., arXiv 1810.05934); "median": a trial ends if
    its best score is below the median of the others' mean scores, of at least three others (Golovin et al., Vizier)."""
    grace_epochs: int = 1
    """Minimum number of epochs of every trial."""
    reduction: float = 4
    """Of ASHA: a share of 1/reduction continues at grace_epochs, at reduction x grace_epochs, and so on."""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, got {self.method!r}")
        if self.grace_epochs < 1:
            raise ValueError(f"grace_epochs must be at least 1, got {self.grace_epochs}")
        if self.reduction <= 1:
            raise ValueError(f"reduction must be above 1, got {self.reduction}")
