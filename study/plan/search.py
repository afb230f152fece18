"""Searches over training settings: values drawn at random, or suggested by Optuna from the results so far."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from math import inf, prod
from typing import Any, Literal, get_origin

import numpy as np

from ffn.training.settings import TrainingSettings
from study.plan.trial import Trial

DIGITS = 3  # of drawn numbers, so that a trial's name says exactly what was trained
PLAIN = (bool, int, float, str)
SEARCHABLE = {
    field.name: field.type
    for field in fields(TrainingSettings)
    if (field.type in PLAIN or get_origin(field.type) is Literal) and field.name != "seed"  # which repeats a trial
}
"""The training settings that are numbers, texts or switches."""


def uniform(low: float, high: float) -> tuple:
    """Any number from ``low`` to ``high``."""
    return "uniform", low, high


def loguniform(low: float, high: float) -> tuple:
    """Any number from ``low`` to ``high``, uniform in its logarithm."""
    return "loguniform", low, high


def choice(values: Sequence[bool | float | str]) -> tuple:
    """One of ``values``."""
    return "choice", tuple(values)


@dataclass(frozen=True, kw_only=True)
class Search:
    """Optuna's search around each trial of the experiment; trials that differ only in their seed share suggestions.

    Raises ValueError naming the field for a space that cannot be searched.
    """

    space: Mapping[str, tuple]
    """By training setting: ``uniform``, ``loguniform`` or ``choice`` of this file."""
    samples: int
    """Suggestions for each trial, beside its own setting."""
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "space", _checked(self.space))
        _check_samples(self.samples, _combinations(self.space))

    def check(self, trials: Sequence[Trial]) -> None:
        """Raise ValueError naming the field where a variation of ``trials`` could not be trained."""
        bases = [trial for trial in trials if not trial.needs]
        _check_bases(self.space, bases)
        _check_samples(self.samples, min(_combinations(self.space, beside=base) for base in bases))


def random_trials(
    bases: Sequence[Trial], space: Mapping[str, tuple], *, samples: int, seed: int = 0
) -> tuple[Trial, ...]:
    """For each of ``bases`` the same ``samples`` variations, drawn at random from ``space`` (as in ``Search``).

    Raises ValueError naming the field for a space that cannot be searched.
    """
    checked = _checked(space)
    _check_samples(samples, _combinations(checked))
    _check_bases(checked, bases)
    drawn = list(islice(_distinct(draws(checked, seed)), samples))
    return tuple(variation(base, values) for base in bases for values in drawn)


def variation(base: Trial, values: Mapping[str, Any]) -> Trial:
    """``base`` with other ``values`` of some settings."""
    return base.vary(**values, searched=tuple(field for field in values if field != "lr"))


def seed_groups(trials: Sequence[Trial]) -> list[tuple[Trial, ...]]:
    """The trials that can be searched around, in groups that differ only in their seed."""
    groups: dict[Trial, list[Trial]] = {}
    for trial in trials:
        if not trial.needs:
            groups.setdefault(trial.vary(seed=0), []).append(trial)
    return [tuple(group) for group in groups.values()]


def draws(space: Mapping[str, tuple], seed: int) -> Iterator[dict[str, Any]]:
    """Values drawn at random from ``space``, without end."""
    generator = np.random.default_rng(seed)
    while True:
        yield rounded({field: _draw(generator, *domain) for field, domain in space.items()}, space)


def _draw(generator: np.random.Generator, kind: str, *arguments: Any) -> Any:
    if kind == "choice":
        return arguments[0][generator.integers(len(arguments[0]))]
    if kind == "loguniform":
        return float(np.exp(generator.uniform(*np.log(arguments))))
    return generator.uniform(*arguments)


def rounded(values: Mapping[str, Any], space: Mapping[str, tuple]) -> dict[str, Any]:
    """``values`` with numbers from a range rounded to three digits within it, in the order of ``space``."""
    return {field: _rounded(values[field], *domain) for field, domain in space.items()}


def _rounded(value: Any, kind: str, *bounds: Any) -> Any:
    if kind == "choice":
        return value
    low, high = bounds
    return min(max(float(f"{value:.{DIGITS}g}"), low), high)


def _checked(space: Mapping[str, Any]) -> dict[str, tuple]:
    unknown = sorted(set(space) - set(SEARCHABLE))
    if unknown or not space:
        raise ValueError(f"space must name fields of a trial's training, not: {', '.join(unknown) or 'none'}")
    return {field: _domain(field, domain) for field, domain in space.items()}


def _domain(field: str, domain: Any) -> tuple:
    match domain:  # lists where it comes from JSON
        case ["choice", [*values]] if all(isinstance(value, PLAIN) for value in values):
            return choice(values)
        case ["uniform" | "loguniform", float() | int(), float() | int()] if SEARCHABLE[field] is not float:
            raise ValueError(f"space: {field} takes no fractions, use choice")
        case ["uniform", float() | int() as low, float() | int() as high] if low < high:
            return uniform(low, high)
        case ["loguniform", float() | int() as low, float() | int() as high] if 0 < low < high:
            return loguniform(low, high)
    raise ValueError(
        f"space: {field} must be uniform(low, high), loguniform(low, high) or choice(values) of study.plan.search,"
        f" got {domain}"
    )


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


def _check_bases(space: Mapping[str, tuple], bases: Sequence[Trial]) -> None:
    dependent = [base.name for base in bases if base.needs]
    if dependent:
        raise ValueError(f"trials to vary must be trained from the start, which these are not: {', '.join(dependent)}")
    corners = {field: arguments[0] if kind == "choice" else arguments for field, (kind, *arguments) in space.items()}
    for base in bases:
        for field, values in corners.items():
            for value in values:
                variation(base, {field: value})
    first = {field: values[0] for field, values in corners.items()}
    repeated = [name for name, times in Counter(variation(base, first).name for base in bases).items() if times > 1]
    if repeated:
        raise ValueError(f"space: trials must differ in more than {', '.join(space)}, these do not: {repeated}")


def _distinct(draws: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen = []
    for values in draws:
        if values not in seen:
            seen.append(values)
            yield values
