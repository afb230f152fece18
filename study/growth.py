"""A study that grows: what an experiment keeps of the study in a folder, and what it must not change."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from study.plan.experiment import Experiment
from study.plan.trial import Trial
from study.results.folder import StudyFolder

FIXED = (
    "eval_split", "validation_frames", "search", "stopping", "score_frames", "synthetic", "decoded_cache",
)  # fmt: skip
"""Fields of an experiment that all its trials share, so that a study keeps them once a trial has begun."""

OF_NO_CONSEQUENCE = ("name", "resources", "training")
"""Fields of a trial on which its numbers do not depend; those of its training are compared one by one."""


def refuse_changes(begun: Experiment, trials: Sequence[Trial], experiment: Experiment, folder: StudyFolder) -> None:
    """Raise ValueError, naming the field, where ``experiment`` changes what ``trials`` in ``folder`` were trained with,
    which are those of the study ``begun`` there, and former ones. It may have other trials, and evaluate at more frame
    counts, samplings and views."""
    was, now = begun.as_dict(), experiment.as_dict()
    mend = "pass another folder as --out"
    if was["name"] != now["name"]:
        raise ValueError(f"{folder.root} holds the study {was['name']!r}, not {now['name']!r}: {mend}")
    kept = {trial.name: trial for trial in trials if has_begun(trial, folder)}
    if not kept:
        return
    for field in FIXED:
        if was[field] != now[field]:
            raise ValueError(f"{folder.root} was begun with {field} {was[field]}, which is now {now[field]}: {mend}")
    for trial in experiment.trials:
        changed = next(_changes(kept[trial.name], trial), None) if trial.name in kept else None
        if changed:
            field, before, after = changed
            raise ValueError(
                f"{folder.root}: {trial.name} was begun with {field} {before}, which is now {after}: give the new "
                f"trial a variant, or {mend}"
            )
    bases = {trial.name for trial in experiment.trials}
    for suggestion in folder.suggestions():
        if suggestion["base"] not in bases:
            raise ValueError(f"trials: the search in {folder.root} varies {suggestion['base']}: keep it, or {mend}")


def has_begun(trial: Trial, folder: StudyFolder) -> bool:
    """Whether a trial has something that training it with other settings would lose."""
    return folder.is_over(trial.name) or folder.checkpoints(trial.name).exists()


def _changes(was: Trial, now: Trial) -> Iterator[tuple[str, Any, Any]]:
    """Field, value before and value now of what differs; of nested fields "recipe.crop"."""
    return _differences(_settings(was), _settings(now))


def _settings(trial: Trial) -> dict[str, Any]:
    values = {**trial.training.as_dict(), **trial.as_dict()}
    return {field: value for field, value in values.items() if field not in OF_NO_CONSEQUENCE}


def _differences(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for field in {**was, **now}:
        before, after = was.get(field), now.get(field)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from ((f"{field}.{inner}", *values) for inner, *values in _differences(before, after))
        elif before != after:
            yield field, before, after
