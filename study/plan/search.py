"""Searches over fields of trials: values drawn at random beforehand, or suggested by Optuna from the results so far."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from math import inf, prod
from typing import TYPE_CHECKING, Any, Literal, get_origin

import numpy as np

from ffn.training.settings import TrainingSettings
from study.plan.trial import Trial

if TYPE_CHECKING:
    from ray.tune.search.sample import Domain

DIGITS = 3  # of drawn numbers, so that a trial's name says exactly what was trained
KINDS = ("uniform", "loguniform", "choice")
PLAIN = (bool, int, float, str)
SEARCHABLE = {
    field.name: field.type
    for field in fields(TrainingSettings)
    if (field.type in PLAIN or get_origin(field.type) is Literal) and field.name != "seed"  # which repeats a trial
}
"""The training settings that are numbers, texts and switches; not what a trial builds on, nor its parts as a whole."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """Optuna's search: each arm gets ``samples`` variations, each suggested from the arm's results so far.

    Raises ValueError naming the field for a space that cannot be searched.
    """

    space: Mapping[str, Any]
    """By field of a trial: ``tune.uniform``, ``tune.loguniform``, or ``tune.choice`` of numbers and texts. Kept as the
    name of Tune's function and its arguments."""
    samples: int
    """Suggestions for each arm, beside the arm as it is."""
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "space", plain_space(self.space))
        _check_samples(self.samples, _combinations(self.space))

    def check(self, trials: Sequence[Trial]) -> None:
        """Raises ValueError naming the field where a variation of ``trials`` could not be trained."""
        arms = [trial for trial in trials if not trial.needs]
        _check_arms(self.space, arms)
        _check_samples(self.samples, min(_combinations(self.space, beside=arm) for arm in arms))


def random_trials(arms: Sequence[Trial], space: Mapping[str, Any], *, samples: int, seed: int = 0) -> tuple[Trial, ...]:
    """For each of ``arms`` the same ``samples`` variations, drawn at random from ``space`` (as in ``Search``).

    Raises ValueError naming the field for a space that cannot be searched.
    """
    plain = plain_space(space)
    _check_samples(samples, _combinations(plain))
    _check_arms(plain, arms)
    drawn = list(islice(_distinct(draws(plain, seed)), samples))
    return tuple(variation(arm, values) for arm in arms for values in drawn)


def variation(arm: Trial, values: Mapping[str, Any]) -> Trial:
    """``arm`` with other ``values`` of some fields."""
    return arm.vary(**values, searched=tuple(field for field in values if field != "lr"))


def arms_of(trials: Sequence[Trial]) -> list[tuple[Trial, ...]]:
    """The trials that are searched around, those that differ in nothing but their seed together."""
    arms: dict[Trial, list[Trial]] = {}
    for trial in trials:
        if not trial.needs:
            arms.setdefault(trial.vary(seed=0), []).append(trial)
    return [tuple(arm) for arm in arms.values()]


def domains(space: Mapping[str, tuple]) -> "dict[str, Domain]":
    """Tune's own domains of a plain space."""
    from ray import tune  # only a search needs Ray's words, and importing them takes seconds

    return {field: getattr(tune, kind)(*arguments) for field, (kind, *arguments) in space.items()}


def draws(space: Mapping[str, tuple], seed: int) -> Iterator[dict[str, Any]]:
    """Values at random from a plain space, without end."""
    generator = np.random.default_rng(seed)
    of_tune = domains(space)
    while True:
        values = {field: domain.sample(random_state=generator) for field, domain in of_tune.items()}
        yield rounded(values, space)


def rounded(values: Mapping[str, Any], space: Mapping[str, tuple]) -> dict[str, Any]:
    """``values`` with numbers from a range rounded to three digits within it, in the space's order."""
    return {field: _rounded(values[field], *domain) for field, domain in space.items()}


def _rounded(value: Any, kind: str, *bounds: Any) -> Any:
    if kind == "choice":
        return value
    low, high = bounds
    return min(max(float(f"{value:.{DIGITS}g}"), low), high)


def plain_space(space: Mapping[str, Any]) -> dict[str, tuple]:
    """``space`` as plain values: {"lr": ("loguniform", 0.001, 0.1)}. Raises ValueError naming the field."""
    unknown = sorted(set(space) - set(SEARCHABLE))
    if unknown or not space:
        raise ValueError(f"space must name fields of a trial's training, not: {', '.join(unknown) or 'none'}")
    plain = {field: _plain(field, domain) for field, domain in space.items()}
    for field, (kind, *_) in plain.items():
        if kind != "choice" and SEARCHABLE[field] is not float:
            raise ValueError(f"space: {field} takes no fractions, use tune.choice")
    return plain


def _plain(field: str, domain: Any) -> tuple:
    if isinstance(domain, list | tuple) and domain and domain[0] in KINDS:  # as JSON or another Search has it
        return tuple(tuple(part) if isinstance(part, list) else part for part in domain)
    from ray.tune.search.sample import Categorical, Domain, Float  # only a search needs them

    sampler = str(domain.get_sampler()) if isinstance(domain, Domain) else ""
    if isinstance(domain, Float) and sampler in ("Uniform", "LogUniform"):
        return sampler.lower(), domain.lower, domain.upper
    if isinstance(domain, Categorical) and all(isinstance(value, PLAIN) for value in domain.categories):
        return "choice", tuple(domain.categories)
    raise ValueError(f"space: {field} must be tune.uniform, tune.loguniform, or tune.choice of numbers and texts")


def _combinations(space: Mapping[str, tuple], beside: Trial | None = None) -> float:
    """How many settings a space holds, not counting that of the trial ``beside``."""
    if any(kind != "choice" for kind, *_ in space.values()):
        return inf
    choices = {field: set(values) for field, (_, values) in space.items()}
    holds_own = beside is not None and all(
        getattr(beside.training, field) in values for field, values in choices.items()
    )
    return prod(map(len, choices.values())) - holds_own


def _check_samples(samples: int, most: float) -> None:
    if not 1 <= samples <= most:
        raise ValueError(f"samples must be at least 1 and at most {most:g}, got {samples}")


def _check_arms(space: Mapping[str, tuple], arms: Sequence[Trial]) -> None:
    dependent = [arm.name for arm in arms if arm.needs]
    if dependent:
        raise ValueError(f"arms must be trained from the start, which these are not: {', '.join(dependent)}")
    corners = {field: arguments[0] if kind == "choice" else arguments for field, (kind, *arguments) in space.items()}
    for arm in arms:
        for field, values in corners.items():
            for value in values:
                variation(arm, {field: value})
    first = {field: values[0] for field, values in corners.items()}
    repeated = [name for name, times in Counter(variation(arm, first).name for arm in arms).items() if times > 1]
    if repeated:
        raise ValueError(f"space: arms must differ in more than {', '.join(space)}, these do not: {repeated}")


def _distinct(draws: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen = []
    for values in draws:
        if values not in seen:
            seen.append(values)
            yield values
