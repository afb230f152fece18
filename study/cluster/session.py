"""The study's driver: a study from start to report, and its continuation after an interruption."""

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import ray
from rich.console import Console
from rich.progress import Progress

from study.cluster.capacity import cluster_nodes, concurrent_trials
from study.cluster.connection import connect, ray_messages_in
from study.cluster.early_stopping import start_early_stopping
from study.cluster.progress import ProgressTable
from study.cluster.suggestions import Suggestions
from study.cluster.table_writer import TableWriter
from study.cluster.tensorboard import TensorBoardWriter
from study.cluster.tracking import tracking_callbacks
from study.cluster.tune_run import tune_trials
from study.dataset import StudyData, data_of, prepare
from study.plan.experiment import Experiment
from study.plan.search import all_trials, trials_to_come
from study.plan.trial import Trial
from study.results.bad_clips import BAD_CLIPS
from study.results.examples import write_examples
from study.results.folder import OUTCOME, StudyFolder, write_json
from study.results.provenance import new_session, now
from study.results.tables import write_tables
from study.run_trial import Protocol


def run_study(
    experiment: Experiment, root: Path, data_root: Path | None, console: Console, tracker: str | None = None
) -> bool:
    """Run ``experiment`` into the folder ``root``, keeping what is finished there; whether every trial finished.

    ``tracker``: see ``study.cluster.tracking``. Raises ValueError when ``root`` holds the study of another
    configuration.
    """
    folder = StudyFolder(root.expanduser().absolute())
    data = data_of(experiment, data_root)
    recorded = _recorded(folder)
    configuration = {
        "configuration": experiment.as_dict(),
        "data_root": str(data_root.absolute()) if data_root else None,
    }
    if recorded and _configuration(recorded) != configuration:
        raise ValueError(f"{root} holds the study of another configuration: name another folder with --out")
    record = recorded or {"name": experiment.name, "question": experiment.question, **configuration, "sessions": []}
    trials = all_trials(experiment, folder)
    if recorded and all(folder.is_over(trial.name) for trial in trials) and not trials_to_come(experiment, folder):
        write_tables(experiment, folder)  # an interruption may have come before they were written
        console.print(f"All {len(trials)} trials of {root} are finished; nothing to train.")
        return True
    return _session(experiment, folder, data, record, console, tracker)


def resume_study(root: Path, console: Console, tracker: str | None = None) -> bool:
    """Go on with the study in ``root``; whether every trial finished. Raises FileNotFoundError without one."""
    recorded = _recorded(StudyFolder(root))
    if not recorded:
        raise FileNotFoundError(f"{root / 'study.json'} is missing: name the folder of a study that has begun")
    data_root = Path(recorded["data_root"]) if recorded["data_root"] else None
    return run_study(Experiment.from_dict(recorded["configuration"]), root, data_root, console, tracker)


def _session(
    experiment: Experiment,
    folder: StudyFolder,
    data: StudyData,
    record: dict[str, Any],
    console: Console,
    tracker: str | None,
) -> bool:
    session = new_session()

    def write_record(facts: dict[str, Any], **more: Any) -> None:
        described = _described(experiment, folder) | {"data": facts}
        write_json(folder.study_file, record | described | {"sessions": [*record["sessions"], session | more]})

    with _cluster(folder, experiment, console):
        write_record(_data_facts(data))
        _prepare_data(experiment, data, record["data_root"] is not None, console)
        write_examples(folder.examples, data, experiment.eval_split)
        facts = _data_facts(data)
        write_record(facts)
        try:
            _train(experiment, folder, data, console, tracker)
        finally:
            write_tables(experiment, folder)
            write_record(facts)  # with the trials that a search suggested
    write_record(facts, finished=now())
    return _all_finished(experiment, folder, console)


def _all_finished(experiment: Experiment, folder: StudyFolder, console: Console) -> bool:
    """Whether every trial is finished; says what failed, and what a reader of the tables should know."""
    outcomes = {trial.name: folder.outcome(trial.name) for trial in all_trials(experiment, folder)}
    bad_clips = folder.root / BAD_CLIPS
    if not pd.read_csv(bad_clips).empty:
        console.print(f"Some clips could not be read: {bad_clips} names them", style="yellow", soft_wrap=True)
    for name, outcome in outcomes.items():
        if outcome.get("notice"):
            console.print(f"{name}: {outcome['notice']}", style="yellow", soft_wrap=True)
    failed = {name: outcome for name, outcome in outcomes.items() if not folder.is_over(name)}
    for name, outcome in failed.items():
        console.print(f"{name} failed: {outcome.get('reason', 'it did not finish')}", style="red", soft_wrap=True)
    return not failed


def _train(experiment: Experiment, folder: StudyFolder, data: StudyData, console: Console, tracker: str | None) -> None:
    trials = all_trials(experiment, folder)
    over = {trial.name: folder.outcome(trial.name)["status"] for trial in trials if folder.is_over(trial.name)}
    unfinished = [trial for trial in trials if trial.name not in over]
    for trial in unfinished:  # a trial that failed before is tried again
        (folder.trial(trial.name) / OUTCOME).unlink(missing_ok=True)
    protocol = Protocol(
        eval_frames=experiment.eval_frames,
        samplings=experiment.samplings,
        eval_split=experiment.eval_split,
        validation_frames=experiment.validation_frames,
    )
    with ProgressTable(trials, over, console, trials_to_come(experiment, folder)) as progress:
        callbacks = [progress, TableWriter(experiment, folder), TensorBoardWriter(folder)]
        callbacks += tracking_callbacks(tracker, experiment.name, folder)
        trained = [trial for trial in unfinished if not trial.needs]
        steering = _steering(experiment, folder, trained)
        tune_trials(trained, folder, data, protocol, callbacks, **steering)
        waiting = [trial for trial in unfinished if trial.needs]
        while ready := [trial for trial in waiting if all(map(folder.is_finished, trial.needs))]:
            tune_trials(ready, folder, data, protocol, callbacks)
            waiting = [trial for trial in waiting if trial not in ready]


@contextmanager
def _cluster(folder: StudyFolder, experiment: Experiment, console: Console) -> Iterator[None]:
    """Ray, joined or started. Raises ValueError where it can never hold one of the trials, before any work is done."""
    with ray_messages_in(folder.ray / "driver.log"):
        dashboard = connect()
        try:
            concurrent_trials(experiment.trials, cluster_nodes())
            _say_where_to_watch(folder, dashboard, console)
            yield
        finally:
            ray.shutdown()


def _steering(experiment: Experiment, folder: StudyFolder, unfinished: Sequence[Trial]) -> dict[str, Any]:
    """What decides which trials come next and which end early, where the experiment wants that."""
    steering: dict[str, Any] = {}
    if trials_to_come(experiment, folder):
        steering["suggestions"] = Suggestions(experiment, folder, unfinished)
    if experiment.stopping:
        steering["early_stopping"] = start_early_stopping(experiment, folder)
    return steering


def _say_where_to_watch(folder: StudyFolder, dashboard: str, console: Console) -> None:
    watch = {"TensorBoard": f"tensorboard --logdir {shlex.quote(str(folder.tensorboard))}"}
    if dashboard:
        watch["Ray's dashboard"] = f"http://{dashboard} (its token: ray get-auth-token)"
    for name, where in watch.items():
        console.print(f"{name}: {where}", highlight=False, soft_wrap=True)


def _prepare_data(experiment: Experiment, data: StudyData, given: bool, console: Console) -> None:
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Drawing the synthetic videos", visible=False)
        prepare(experiment, data, given, _advance(bar, task))


def _advance(bar: Progress, task: Any) -> Callable[[int, int], None]:
    return lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def _recorded(folder: StudyFolder) -> dict[str, Any] | None:
    return json.loads(folder.study_file.read_text()) if folder.study_file.exists() else None


def _configuration(recorded: dict[str, Any]) -> dict[str, Any]:
    """What was recorded, and of fields that an earlier version did not have their defaults."""
    experiment = Experiment.from_dict(recorded["configuration"])
    return {"configuration": experiment.as_dict(), "data_root": recorded["data_root"]}


def _data_facts(data: StudyData) -> dict[str, Any]:
    return data.description() if data.is_there() else {"root": str(data.root)}


def _described(experiment: Experiment, folder: StudyFolder) -> dict[str, Any]:
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
        "trials": [trial.as_dict() for trial in all_trials(experiment, folder)],
    }
