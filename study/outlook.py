"""What a session will do in a folder that has a study, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from study.plan.trial import Trial
from study.study import Study

NAMED = 6


def outlook(study: Study) -> Iterator[str]:
    """A line for each: what is kept, evaluated without training, trained, still to be suggested by a search, and what
    the experiment no longer has."""
    kept, to_evaluate = len(study.over()), study.to_evaluate()
    yield f"Kept as they are: {kept - len(to_evaluate)} of {len(study.trials)} trials"
    if to_evaluate:
        yield f"Evaluated at more, without training: {_named(to_evaluate)}"
    if trials := study.to_train():
        yield f"Trained: {_named(trials)}"
    if study.trials_to_come:
        yield f"Still to be suggested: {study.trials_to_come}"
    if study.former:
        yield f"No longer in the experiment, kept in the tables: {_named(study.former)}"


def since(earlier: Mapping[str, Any], session: Mapping[str, Any]) -> Iterator[str]:
    """What changed around the study since an earlier session, whose rows stay as they are."""
    if earlier["code_hash"] != session["code_hash"]:
        yield f"The code has changed since the session of {earlier['started']}"
    if earlier.get("folder", session["folder"]) != session["folder"]:
        yield f"The study was in {earlier['folder']} before"


def _named(trials: Sequence[Trial]) -> str:
    more = f" and {len(trials) - NAMED} more" if len(trials) > NAMED else ""
    return ", ".join(trial.name for trial in trials[:NAMED]) + more
