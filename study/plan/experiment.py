"""An experiment: a question, the trials that answer it, and how they are evaluated."""

import json
import runpy
import traceback
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, get_args

from ffn.data.frame_sampling import FrameSampling
from ffn.data.synthetic import SyntheticDataset
from ffn.data.videos import Split
from ffn.data.views import Views
from ffn.evaluation.protocol import EvaluationProtocol
from study.plan.search import Search
from study.plan.stopping import Stopping
from study.plan.trial import Trial, trials_from_dicts


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Raises ValueError naming the field."""

    name: str
    question: str
    """One sentence."""
    trials: tuple[Trial, ...]
    eval_frames: tuple[int, ...]
    """Frame counts at which every trained network is evaluated."""
    eval_split: Split = "validation"
    """The split of the result tables; "test" if its labels are public and nothing was chosen on it."""
    samplings: tuple[FrameSampling, ...] = ()
    """Further rules of frame sampling that every network is evaluated with: the column sampling."""
    views: tuple[Views, ...] = ()
    """Further clips and crops per video that every network is evaluated with: the column views."""
    validation_frames: tuple[int, ...] = ()
    """Frame counts to validate at after each epoch, besides the trained ones."""
    search: Search | None = None
    """Suggests variations of each trial."""
    stopping: Stopping | None = None
    """Ends trials that fall behind the others of their arm."""
    score_frames: tuple[int, ...] = ()
    """Counts whose mean validation top-1 is the score of search and stopping; every trial must validate at them."""
    synthetic: SyntheticDataset | None = None
    """The dataset to synthesise if no folder is given."""
    decoded_cache: bool = False
    """Keep every decoded frame of the dataset on disk, shared by the trials of a node: for small datasets. Frames
    larger than the trials' ``short_side`` are scaled down to it, and crops are cut from the scaled frames."""

    def __post_init__(self) -> None:
        for name in ("trials", "eval_frames", "samplings", "views", "validation_frames", "score_frames"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        repeated = [name for name, times in Counter(trial.name for trial in self.trials).items() if times > 1]
        if not self.trials or repeated:
            raise ValueError(f"trials must be at least one and have different names, repeated: {repeated}")
        unknown = [needed.name for trial in self.trials for needed in trial.needs if needed not in self.trials]
        if unknown:
            raise ValueError(f"members and start must be trials of the experiment, unknown: {', '.join(unknown)}")
        if not self.eval_frames or min(self.eval_frames + self.validation_frames) < 1:
            raise ValueError("eval_frames must hold at least one, and all frame counts be 1 or more")
        for name in ("eval_frames", "samplings", "views"):
            values = getattr(self, name)
            if len({*values}) < len(values):
                raise ValueError(f"{name} must be different, got {values}")
        unknown = sorted({*self.samplings} - {*get_args(FrameSampling)})
        if unknown:
            raise ValueError(f"samplings must be of {', '.join(get_args(FrameSampling))}, got {unknown[0]!r}")
        if not all(isinstance(views, Views) for views in self.views):
            raise ValueError(f"views must be values such as Views(clips=2, crops=3), got {self.views}")
        for trial in self.trials:
            trial.check_needs()
        self._check_folds()
        self.cached_sides  # noqa: B018 - refuse trials that cannot share a cache
        if self.search or self.stopping:
            self._check_score_frames()
        if self.search:
            self.search.check(self.trials)
        if self.stopping:
            self._check_stopping(self.stopping)

    @property
    def other_protocols(self) -> tuple[EvaluationProtocol, ...]:
        """The protocols that every network is evaluated on beside the default."""
        return (
            *(EvaluationProtocol(sampling=sampling) for sampling in self.samplings),
            *(EvaluationProtocol(views=views) for views in self.views),
        )

    @property
    def cached_sides(self) -> dict[SyntheticDataset | None, int]:
        """The short side of the cached frames by the trials' own dataset, None: the study's; empty without a cache."""
        if not self.decoded_cache:
            return {}
        sides = {trial.synthetic: trial.training.short_side for trial in self.trials}
        for trial in self.trials:
            if trial.training.short_side != sides[trial.synthetic]:
                raise ValueError(
                    "short_side must be the same in all trials of one dataset with decoded_cache, got "
                    f"{trial.training.short_side} and {sides[trial.synthetic]}"
                )
        if self.search and "short_side" in self.search.space:
            raise ValueError("space: short_side cannot be searched with decoded_cache, whose frames have one")
        return sides

    def _check_folds(self) -> None:
        if all(trial.fold is None for trial in self.trials):
            return
        if self.eval_split != "validation":
            raise ValueError(f"eval_split must be validation with folds, got {self.eval_split}")
        for name in ("search", "stopping"):  # they would compare trials that are validated on different clips
            if getattr(self, name):
                raise ValueError(f"{name} cannot be combined with folds, whose trials are validated on different clips")

    def _check_score_frames(self) -> None:
        if not self.score_frames:
            raise ValueError("score_frames must be the frame counts whose accuracy search and stopping compare")
        for trial in self.trials:
            missing = sorted({*self.score_frames} - {*trial.training.frame_counts, *self.validation_frames})
            if missing and not trial.members:
                raise ValueError(
                    f"score_frames: {trial.name} is not validated at {missing}; add them to validation_frames"
                )

    def _check_stopping(self, stopping: Stopping) -> None:
        for trial in self.trials:
            if trial.needs:
                raise ValueError(f"stopping could end a trial that {trial.name} needs: leave out one of them")
            if stopping.grace_epochs >= trial.training.epochs:
                raise ValueError(f"grace_epochs must be fewer than the {trial.training.epochs} epochs of {trial.name}")

    def as_dict(self) -> dict[str, Any]:
        """The resolved experiment in plain JSON values."""
        values = {
            "name": self.name,
            "question": self.question,
            "trials": [trial.as_dict() for trial in self.trials],
            "eval_frames": self.eval_frames,
            "eval_split": self.eval_split,
            "samplings": self.samplings,
            "views": [str(views) for views in self.views],
            "validation_frames": self.validation_frames,
            "search": asdict(self.search) if self.search else None,
            "stopping": asdict(self.stopping) if self.stopping else None,
            "score_frames": self.score_frames,
            "synthetic": asdict(self.synthetic) if self.synthetic else None,
            "decoded_cache": self.decoded_cache,
        }
        return json.loads(json.dumps(values))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """What ``as_dict`` wrote."""
        trials = trials_from_dicts(values["trials"])
        types = {"search": Search, "stopping": Stopping, "synthetic": SyntheticDataset}
        parts = {name: of_type(**values[name]) for name, of_type in types.items() if values.get(name)}
        views = tuple(map(Views.parse, values.get("views", ())))
        return cls(**{**values, "trials": trials, "views": views, **parts})


def load_experiment(path: Path) -> Experiment:
    """The value of ``experiment`` in the Python file ``path``.

    Raises FileNotFoundError for a missing file, and ValueError, naming it, for one that is not Python, defines no
    experiment, or raises anything itself.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: pass a file such as experiments/demo.py")
    if path.suffix != ".py" or not path.is_file():
        raise ValueError(f"{path} is not a Python file: pass one such as experiments/demo.py")
    try:
        experiment = runpy.run_path(str(path)).get("experiment")
    except Exception as error:
        raise ValueError(f"{path}{_line(path, error)}: {_reason(error)}") from error
    if not isinstance(experiment, Experiment):
        raise ValueError(f"{path} must define `experiment`, a study.plan.experiment.Experiment")
    return experiment


def _line(path: Path, error: Exception) -> str:
    """Where in ``path`` it was raised, as editors and linters write it: ":12"; empty for a file that does not parse,
    whose error says it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f":{lines[-1]}" if lines else ""


def _reason(error: Exception) -> str:
    """In one line; the kind of an error is left out where its text was written for the user."""
    text = " ".join(str(error).split())
    return text if type(error) in (ValueError, FileNotFoundError) else f"{type(error).__name__}: {text}"
