"""A trial: a method's training, the resources that it needs, and the trials that it builds on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, Union

from ffn.data.synthetic import SyntheticDataset
from ffn.models.factory import SHIFTED, plain_name
from ffn.training.checks import require
from ffn.training.settings import TrainingSettings

UNDERSCORES = str.maketrans(" /:", "___")
Method = Literal["tsm", "mixed", "proportional", "finetune", "ensemble", "ffn", "retrofit"]


class Arm(NamedTuple):
    """What a trial shares with those that differ only in learning rate, searched settings and seed."""

    method: str
    variant: str
    backbone: str
    train_frames: str

    def __str__(self) -> str:
        return "-".join(part for part in (self._network, self.variant, self.train_frames) if part)

    @property
    def _network(self) -> str:
        """The method; of a network that is no TSM with its name: tsm, ffn, tiny_vit, ffn_tiny_vit."""
        if plain_name(self.backbone).startswith(SHIFTED):
            return self.method
        return self.backbone if self.method == "tsm" else f"{self.method}_{self.backbone}"


@dataclass(frozen=True, kw_only=True)
class Resources:
    """The machine that a trial needs. Raises ValueError naming the field."""

    workers: int = 1
    """Processes that split every batch, each with its own GPU or cores."""
    cpus: float = 1
    """CPU cores of each worker."""
    gpus: float = 0
    """GPUs of each worker: 0, 1, or a fraction, to share a GPU between trials."""
    accelerator: str | None = None
    """Ray's name of the GPU type, such as H200; None: any."""
    loader_workers: int = 4
    """Decoding processes per worker; 0 decodes in the training process."""

    def __post_init__(self) -> None:
        require(self, "cpus", self.cpus > 0, "above 0")
        require(self, "gpus", 0 <= self.gpus <= 1, "between 0 and 1; for several GPUs set workers")
        require(self, "workers", self.workers >= 1, "at least 1")
        require(self, "loader_workers", self.loader_workers >= 0, "at least 0")
        if self.workers > 1 and 0 < self.gpus < 1:
            raise ValueError(f"gpus must be 0 or 1 with several workers, got {self.gpus}")
        if self.accelerator and not self.gpus:
            raise ValueError(f"accelerator is {self.accelerator} and gpus is 0: set gpus as well")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Raises ValueError naming the field. ``vary`` makes others of it."""

    method: Method = "tsm"
    """As in the tables; Separated Training is ``tsm`` at each of its counts."""
    variant: str = ""
    """Distinguishes trials of one method that differ in more than backbone, frame set, learning rate and seed."""
    training: TrainingSettings = field(default_factory=TrainingSettings)
    resources: Resources = field(default_factory=Resources)
    start: Union["Trial", Path, None] = None
    """The trial or checkpoint file with whose weights it begins; a retrofit freezes and extends that network."""
    members: tuple["Trial", ...] = ()
    """The trials whose predictions an ensemble averages; it is not trained."""
    recalibration_clips: int = 0
    """Training clips for BatchNorm re-calibration at each evaluated count (0: none)."""
    searched: tuple[str, ...] = ()
    """Training settings other than ``lr`` that a search varies: the trial's name has their values."""
    fold: int | None = None
    """The part of the dataset, counted from 0, that it is evaluated and not trained on. None: the dataset's splits."""
    synthetic: SyntheticDataset | None = None
    """Synthetic clips that it trains and validates on instead of the study's data: a pre-training, from which other
    trials start. It is not evaluated, and all folds share it."""

    def __post_init__(self) -> None:
        if isinstance(self.start, Path):
            object.__setattr__(self, "start", self.start.expanduser())
        object.__setattr__(self, "members", tuple(self.members))
        object.__setattr__(self, "searched", tuple(self.searched))
        if (self.method == "ensemble") != bool(self.members):
            raise ValueError(f"members must be given for the method ensemble and no other, got {self.members}")
        if self.method in ("retrofit", "ensemble") and (self.method == "retrofit") != bool(self.start):
            raise ValueError(f"start must be given for the method retrofit and not for an ensemble, got {self.start}")
        if self.training.start or self.training.pretrained:
            raise ValueError("start must be given to the trial, not to its training")
        if self.recalibration_clips < 0:
            raise ValueError(f"recalibration_clips must be at least 0, got {self.recalibration_clips}")
        if self.fold is not None and self.fold < 0:
            raise ValueError(f"fold must be at least 0, or None, got {self.fold}")
        if self.synthetic and (self.members or self.fold is not None):
            raise ValueError("synthetic cannot be combined with members or fold: it is the data of one training")
        if self.resources.workers > self.training.batch_size:
            raise ValueError(f"workers must be at most batch_size, got {self.resources.workers}")
        if self.start:
            self.training_from(Path("start"))  # refuse settings that do not go with a start

    @property
    def needs(self) -> tuple["Trial", ...]:
        """The trials whose checkpoints it needs, which must run before it."""
        return (*self.members, self.start) if isinstance(self.start, Trial) else self.members

    @property
    def train_frames(self) -> str:
        """The trained counts as the tables write them: "16", "4+8+16", "16->4"."""
        return self.training.schedule.name

    @property
    def training_frames(self) -> float:
        """Frames trained per video over all epochs: the relative cost of trials."""
        return self.training.epochs * sum(self.training.frame_counts)

    @property
    def setting(self) -> str:
        """The searched values as the tables write them: "weight_decay0.0005"."""
        return "-".join(f"{name}{_short(getattr(self.training, name))}" for name in self.searched)

    @property
    def arm(self) -> Arm:
        """The arm of the tables and plots that it belongs to."""
        return Arm(self.method, self.variant, self.training.backbone, self.train_frames)

    @property
    def name(self) -> str:
        """A readable name; equal trials have equal names."""
        fold = "" if self.fold is None else f"fold{self.fold}"
        parts = [str(self.arm), self.setting, f"lr{self.training.lr:g}", f"seed{self.training.seed}", fold]
        name = "-".join(part for part in parts if part)
        return name.replace("->", "to").translate(UNDERSCORES)  # it is a folder's name

    def vary(self, **changes: Any) -> Self:
        """The same trial with other values of its fields, or of fields of its training and its resources."""
        parts: dict[str, TrainingSettings | Resources] = {"training": self.training, "resources": self.resources}
        own = {each.name for each in fields(self)}
        for name, part in parts.items():
            names = {each.name for each in fields(part)} - own
            part_changes = {key: value for key, value in changes.items() if key in names}
            changes = {key: value for key, value in changes.items() if key not in names}
            if part_changes:
                changes[name] = replace(changes.get(name, part), **part_changes)
        return replace(self, **changes)

    def training_from(self, start: Path | None) -> TrainingSettings:
        """The training settings with the file ``start``. Raises ValueError if they do not go together."""
        file = str(start) if start else None
        if self.method == "retrofit":
            return replace(self.training, start=file)
        return replace(self.training, pretrained=file)

    def check_needs(self) -> None:
        """Raise ValueError if it cannot build on the trials that it needs."""
        for needed in self.needs:
            if needed.fold not in (None, self.fold):
                raise ValueError(f"fold: {needed.name} was trained on what {self.name} is evaluated on")
        if isinstance(self.start, Trial):  # a checkpoint is checked when it is read
            self._check_start(self.start)

    def _check_start(self, start: "Trial") -> None:
        ours, theirs = self.training, start.training
        if start.members:
            raise ValueError(f"start must be a trained network, {start.name} is an ensemble")
        if ours.backbone != theirs.backbone:
            raise ValueError(f"start: {start.name} trains a {theirs.backbone}, but backbone is {ours.backbone}")
        if self.method == "retrofit" or theirs.parts is None:
            return
        if (ours.parts, ours.frame_counts) != (theirs.parts, theirs.frame_counts) or start.method == "retrofit":
            raise ValueError(
                f"start: the weights of {start.name} fit only an FFN of the same frame counts and parts: "
                f"{theirs.frame_counts}"
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and Ray, with the names of the trials that it builds on."""
        start = self.start.name if isinstance(self.start, Trial) else self.start and str(self.start)
        return {
            "name": self.name,
            "method": self.method,
            "variant": self.variant,
            "train_frames": self.train_frames,
            "training": self.training.as_dict(),
            "resources": asdict(self.resources),
            "start": start,
            "members": [member.name for member in self.members],
            "recalibration_clips": self.recalibration_clips,
            "searched": list(self.searched),
            "fold": self.fold,
            "synthetic": asdict(self.synthetic) if self.synthetic else None,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], known: Mapping[str, "Trial"] | None = None) -> Self:
        """The trial of ``as_dict``; ``known``: what it builds on, by name. Raises ValueError for other values."""
        known = known or {}
        own = {key: value for key, value in values.items() if key not in ("name", "train_frames")}
        try:
            built = {
                "training": TrainingSettings.from_dict(values["training"]),
                "resources": Resources(**values["resources"]),
                "start": known.get(values["start"], values["start"] and Path(values["start"])),
                "members": tuple(known[member] for member in values["members"]),
                "synthetic": SyntheticDataset(**values["synthetic"]) if values.get("synthetic") else None,
            }
            return cls(**{**own, **built})
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"trial {values.get('name')!r} was written by another version: {error}") from error


def map_trials(trials: Iterable[Trial], change: Callable[[Trial], Trial]) -> tuple[Trial, ...]:
    """``change`` applied to ``trials`` and to all that they build on."""
    changed: dict[Trial, Trial] = {}

    def mapped(trial: Trial) -> Trial:
        if trial not in changed:
            start = mapped(trial.start) if isinstance(trial.start, Trial) else trial.start
            changed[trial] = change(replace(trial, start=start, members=tuple(map(mapped, trial.members))))
        return changed[trial]

    return tuple(map(mapped, trials))


def trials_from_dicts(dicts: Sequence[Mapping[str, Any]]) -> tuple[Trial, ...]:
    """The trials of ``as_dict``, in any order. Raises ValueError for other values."""
    values = {each["name"]: each for each in dicts}
    built: dict[str, Trial] = {}

    def build(name: str) -> Trial:
        if name not in built:
            needed = [
                other for other in (values[name].get("start"), *values[name].get("members", ())) if other in values
            ]
            built[name] = Trial.from_dict(values[name], {other: build(other) for other in needed})
        return built[name]

    return tuple(map(build, values))


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
