"""A trial: one training run, what is evaluated of it, and the machine it needs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from ffn.training.checks import require
from ffn.training.settings import TrainingSettings

Method = Literal["tsm", "mixed", "proportional", "finetune", "ensemble", "ffn", "retrofit"]


@dataclass(frozen=True, kw_only=True)
class Trial(TrainingSettings):
    """Training settings under a method's name, for ``dataclasses.replace`` to vary."""

    method: Method = "tsm"
    """The name in the tables; Separated Training is ``tsm`` at each of its counts."""
    variant: str = ""
    """Tells apart trials of one method that differ in something else than frame set, learning rate and seed."""
    recalibration_clips: int = 0
    """Training clips over which BatchNorm's statistics are recomputed at each evaluated count (0: not evaluated)."""
    members: tuple[str, ...] = ()
    """Names of the trials whose networks an ensemble joins; it is not trained. ``start`` may name one too."""
    searched: tuple[str, ...] = ()
    """Fields beside ``lr`` that a search varies: the name says their values."""
    workers: int = 1
    """Processes that share every batch, each with its own GPU or cores."""
    cpus: float = 1
    """Processor cores of each worker."""
    gpus: float = 0
    """GPUs of each worker: 0, 1, or a share of one that several trials use at once."""
    accelerator: str | None = None
    """The GPU's kind in Ray's words, such as H200; None: any."""
    loader_workers: int = 4
    """Decoding processes per worker; 0 decodes in the training process."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "members", tuple(self.members))
        object.__setattr__(self, "searched", tuple(self.searched))
        if (self.method == "ensemble") != bool(self.members):
            raise ValueError(f"members must be named for the method ensemble and no other, got {self.members}")
        if (self.method == "retrofit") != bool(self.start):
            raise ValueError(f"start must be named for the method retrofit and no other, got {self.start}")
        if self.recalibration_clips < 0:
            raise ValueError(f"recalibration_clips must be at least 0, got {self.recalibration_clips}")
        self._check_resources()

    def _check_resources(self) -> None:
        require(self, "cpus", self.cpus > 0, "above 0")
        require(self, "gpus", 0 <= self.gpus <= 1, "between 0 and 1; workers share a batch over several GPUs")
        require(self, "workers", 1 <= self.workers <= self.batch_size, "between 1 and batch_size")
        require(self, "loader_workers", self.loader_workers >= 0, "at least 0")
        if self.workers > 1 and 0 < self.gpus < 1:
            raise ValueError(f"gpus must be 0 or 1 with several workers, got {self.gpus}")
        if self.accelerator and not self.gpus:
            raise ValueError(f"accelerator is {self.accelerator} and gpus is 0: set gpus as well")

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the trials whose checkpoints it takes, so that it must come after them.

        ``start`` names a trial, unless a / in it says that it is a file's path.
        """
        return self.members if self.start is None or "/" in self.start else (*self.members, self.start)

    @property
    def train_frames(self) -> str:
        """The trained counts as the tables write them: "16", "4+8+16", "16->4"."""
        return self.schedule.name

    @property
    def training_frames(self) -> float:
        """Frames that are trained per video, over all epochs: how expensive trials are beside each other."""
        return self.epochs * sum(self.frame_counts)

    @property
    def setting(self) -> str:
        """The searched values as the tables write them: "weight_decay0.0005"."""
        return "-".join(f"{field}{_short(getattr(self, field))}" for field in self.searched)

    @property
    def arm(self) -> str:
        """What the trial has in common with those that differ from it in learning rate, setting and seed alone."""
        return "-".join(part for part in (self.method, self.variant, self.train_frames) if part)

    @property
    def name(self) -> str:
        """A readable name, the same for the same trial in every run."""
        parts = [self.arm, self.setting, f"lr{self.lr:g}", f"seed{self.seed}"]
        name = "-".join(part for part in parts if part)
        return name.replace("->", "to").replace(" ", "_").replace("/", "_")  # it names folders

    def as_dict(self) -> dict[str, Any]:
        """The resolved configuration in plain values, for JSON and for Ray."""
        return {"name": self.name, "train_frames": self.train_frames, **asdict(self), **super().as_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """What ``as_dict`` wrote. Raises ValueError for a field that trials do not have."""
        fields = {key: value for key, value in values.items() if key not in ("name", "train_frames")}
        try:
            return super().from_dict(fields)
        except ValueError as error:
            raise ValueError(f"trial {values.get('name')!r}: {error}") from error


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
