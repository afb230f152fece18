"""How the trials were trained, from study.json. Nothing else knows how a trial is written there."""

from typing import Any

from study.results.schema import TRIALS


def trained_by(record: dict) -> dict[str, dict[str, Any]]:
    """By its name, the training settings of every trial that is trained: of an ensemble none."""
    trials = [trial for trial in record.get("trials") or [] if "name" in trial]
    return {trial["name"]: trial.get("training") or {} for trial in trials if not trial.get("members")}


def settings_of(training: dict[str, Any]) -> dict[str, Any]:
    """The settings that may vary within an arm: neither its network, its frame set nor a column of trials.csv."""
    return {name: value for name, value in training.items() if name not in (*TRIALS.columns, "backbone", "schedule")}


def shared_settings(settings: list[dict]) -> dict:
    """What is equal in all of `settings`, nested as they are."""
    if not settings:
        return {}
    first = settings[0]
    common = [key for key in first if all(key in other for other in settings)]
    nested = {
        key: shared_settings([other[key] for other in settings])
        for key in common
        if all(isinstance(other[key], dict) for other in settings)
    }
    equal = {key: first[key] for key in common if all(other[key] == first[key] for other in settings)}
    return {key: equal.get(key, nested.get(key)) for key in common if key in equal or nested.get(key)}
