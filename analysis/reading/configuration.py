"""Settings of trials and package versions from study.json; only this file knows how a trial is written there."""

from typing import Any

from study.results.schema import TRIALS


def trained_by(record: dict) -> dict[str, dict[str, Any]]:
    """The training settings of every trial on the study's own data, by its name; an ensemble has none."""
    others = pretrainings(record)
    trials = [trial for trial in record.get("trials") or [] if "name" in trial and trial["name"] not in others]
    return {trial["name"]: trial.get("training") or {} for trial in trials if not trial.get("members")}


def pretrainings(record: dict) -> list[str]:
    """The names of the trials on synthetic clips of their own, from which others start."""
    return [trial["name"] for trial in record.get("trials") or [] if trial.get("synthetic") and "name" in trial]


def trained_further(record: dict) -> list[str]:
    """The names of the trials that begin with a network trained on the study's own data: its time is not in theirs."""
    others = pretrainings(record)
    trials = [trial for trial in record.get("trials") or [] if "name" in trial]
    return [trial["name"] for trial in trials if trial.get("start") and trial["start"] not in others]


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


def versions(record: dict) -> dict[str, str]:
    """Package versions of all sessions; a package whose version changed shows each one, oldest first."""
    found: dict[str, list[str]] = {}
    for session in record.get("sessions") or []:
        for package, version in (session.get("versions") or {}).items():
            known = found.setdefault(package, [])
            known.extend([version] if version not in known else [])
    return {package: ", then ".join(known) for package, known in sorted(found.items())}
