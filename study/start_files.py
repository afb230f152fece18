"""The files with which trials begin, known by their content: another checkpoint may lie at the same path later."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from study.growth import has_begun
from study.plan.trial import Trial
from study.results.folder import StudyFolder
from study.results.provenance import content_hash


def start_hashes(trials: Iterable[Trial]) -> dict[str, str]:
    """A hash of each file that is there, by its path."""
    return {str(path): content_hash(path) for path in dict.fromkeys(path for trial in trials for path in _files(trial))}


def refuse_changed_files(
    trials: Iterable[Trial], folder: StudyFolder, recorded: Mapping[str, str], now: Mapping[str, str]
) -> None:
    """Raise ValueError, naming the file, where one of ``trials`` in ``folder`` began with another content of it.

    ``recorded``, ``now``: of ``start_hashes``; a file that one of them lacks is taken for the same.
    """
    for trial in trials:
        for path in map(str, _files(trial)):
            if recorded.get(path, now[path]) != now[path] and has_begun(trial, folder):
                began = f"since {trial.name} in {folder.root} began with it"
                raise ValueError(f"{path} has changed {began}: pass another folder as --out")


def _files(trial: Trial) -> Iterator[Path]:
    start, weights = trial.start, trial.training.weights
    named = (start if isinstance(start, Path) else None, Path(weights) if weights else None)
    yield from (path for path in named if path and path.is_file())
