"""A study from start to report, and its continuation after an interruption."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress

from study.bad_clips import BAD_CLIPS
from study.dataset import StudyData, data_of, prepare
from study.experiment import Experiment
from study.folder import OUTCOME, StudyFolder, write_json
from study.progress import ProgressTable
from study.provenance import new_session, now
from study.tables import write_tables
from study.worker import Protocol


def run_study(experiment: Experiment, root: Path, data_root: Path | None, console: Console) -> bool:
    """Run ``experiment`` into the folder ``root``, keeping what is finished there; whether every trial finished.

    Raises ValueError when ``root`` holds the study of another configuration.
    """
    folder = StudyFolder(root.expanduser().absolute())
    data = data_of(experiment, data_root)
    recorded = _recorded(folder)
    configuration = {
        "configuration": experiment.as_dict(),
        "data_root": str(data_root.absolute()) if data_root else None,
    }
    if recorded and {key: recorded[key] for key in configuration} != configuration:
        raise ValueError(f"{root} holds the study of another configuration: name another folder with --out")
    record = recorded or {"name": experiment.name, "question": experiment.question, **configuration, "sessions": []}
    if recorded and all(folder.is_finished(trial.name) for trial in experiment.trials):
        write_tables(experiment, folder)  # an interruption may have come before they were written
        console.print(f"All {len(experiment.trials)} trials of {root} are finished; nothing to train.")
        return True
    return _session(experiment, folder, data, record, console)


def resume_study(root: Path, console: Console) -> bool:
    """Go on with the study in ``root``; whether every trial finished. Raises FileNotFoundError without one."""
    recorded = _recorded(StudyFolder(root))
    if not recorded:
        raise FileNotFoundError(f"{root / 'study.json'} is missing: name the folder of a study that has begun")
    data_root = Path(recorded["data_root"]) if recorded["data_root"] else None
    return run_study(Experiment.from_dict(recorded["configuration"]), root, data_root, console)


def _session(
    experiment: Experiment, folder: StudyFolder, data: StudyData, record: dict[str, Any], console: Console
) -> bool:
    session = new_session()

    def write_record(**more: Any) -> None:
        sessions = [*record["sessions"], session | more]
        write_json(folder.study_file, record | _described(experiment, data) | {"sessions": sessions})

    write_record()
    _prepare_data(experiment, data, record["data_root"] is not None, console)
    write_record()
    try:
        _train(experiment, folder, data, console)
    finally:
        write_tables(experiment, folder)
    write_record(finished=now())
    failed = [trial.name for trial in experiment.trials if not folder.is_finished(trial.name)]
    bad_clips = folder.root / BAD_CLIPS
    if not pd.read_csv(bad_clips).empty:
        console.print(f"Some clips could not be read: {bad_clips} names them", style="yellow", soft_wrap=True)
    for name in failed:
        console.print(f"{name} failed: {folder.outcome(name).get('reason', 'it did not finish')}", style="red")
    return not failed


def _train(experiment: Experiment, folder: StudyFolder, data: StudyData, console: Console) -> None:
    import ray

    from study.table_writer import TableWriter
    from study.tuning import connect, tune_trials

    finished = {trial.name for trial in experiment.trials if folder.is_finished(trial.name)}
    unfinished = [trial for trial in experiment.trials if trial.name not in finished]
    for trial in unfinished:  # a trial that failed before is tried again
        (folder.trial(trial.name) / OUTCOME).unlink(missing_ok=True)
    protocol = Protocol(
        eval_frames=experiment.eval_frames,
        eval_split=experiment.eval_split,
        validation_frames=experiment.validation_frames,
    )
    with _ray_messages_in(folder.ray / "driver.log"), ProgressTable(experiment.trials, finished, console) as progress:
        callbacks = [progress, TableWriter(experiment, folder)]
        connect()
        try:
            tune_trials([trial for trial in unfinished if not trial.members], folder, data, protocol, callbacks)
            joined = [trial for trial in unfinished if all(map(folder.is_finished, trial.members)) and trial.members]
            tune_trials(joined, folder, data, protocol, callbacks)
        finally:
            ray.shutdown()


@contextmanager
def _ray_messages_in(log: Path) -> Iterator[None]:
    """Ray prints to the driver whatever its verbosity: keep the terminal for the progress table."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file, redirect_stdout(file), redirect_stderr(file):
        yield


def _prepare_data(experiment: Experiment, data: StudyData, given: bool, console: Console) -> None:
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Drawing the synthetic videos", visible=False)
        prepare(experiment, data, given, _advance(bar, task))


def _advance(bar: Progress, task: Any) -> Callable[[int, int], None]:
    return lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def _recorded(folder: StudyFolder) -> dict[str, Any] | None:
    return json.loads(folder.study_file.read_text()) if folder.study_file.exists() else None


def _described(experiment: Experiment, data: StudyData) -> dict[str, Any]:
    """What readers of the tables need beside the configuration."""
    trial = experiment.trials[0]
    return {
        "protocol": {
            "eval_frames": experiment.eval_frames,
            "eval_split": experiment.eval_split,
            "clips_per_video": 1,
            "crops": 1,
            "crop_size": trial.crop_size,
            "short_side": trial.short_side,
        },
        "trials": [trial.as_dict() for trial in experiment.trials],
        "data": data.description() if data.is_there() else {"root": str(data.root)},
    }
