"""The study's driver: one session of a study: from its start, or from an interruption, to its tables."""

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
from study.cluster.recording import TableWriter, TensorBoardWriter
from study.cluster.suggestions import Suggestions
from study.cluster.tracking import tracking_callbacks
from study.cluster.tune_run import tune_trials
from study.dataset import DataPlaces
from study.outlook import outlook, since
from study.plan.experiment import Experiment
from study.plan.networks import check_networks
from study.plan.trial import Trial
from study.results.bad_clips import BAD_CLIPS
from study.results.examples import write_examples
from study.results.folder import StudyFolder
from study.results.folder_lock import sole_user
from study.results.provenance import new_session, now
from study.study import Study


def run_study(
    experiment: Experiment,
    root: Path,
    places: DataPlaces,
    console: Console,
    tracker: str | None = None,
) -> bool:
    """Run ``experiment`` in the folder ``root``, keeping what is finished there; return whether every trial finished.

    ``places``: where its data lies. ``tracker``: see ``study.cluster.tracking``. Raises ValueError, naming the field,
    if ``root`` holds a study that was begun with other settings or data, and BlockingIOError if another process works
    in it.
    """
    folder = StudyFolder(root.expanduser().absolute())
    return _run(Study(experiment, folder, places), console, tracker)


def resume_study(
    root: Path,
    console: Console,
    tracker: str | None = None,
    moved: DataPlaces | None = None,
) -> bool:
    """Continue the study in ``root``; return whether every trial finished. Raises FileNotFoundError without one, and
    BlockingIOError if another process works in it.

    ``moved``: where of its data now lies what was moved.
    """
    return _run(Study.begun_in(root, moved), console, tracker)


def _run(study: Study, console: Console, tracker: str | None) -> bool:
    study.data  # noqa: B018 - missing data is reported first
    study.check_folder()
    with sole_user(study.folder):
        return _alone(study, console, tracker)


def _alone(study: Study, console: Console, tracker: str | None) -> bool:
    recorded = study.folder.record()
    if recorded and study.is_over:
        _forget_failures(study)  # of an evaluation that the experiment no longer asks for
        study.write_tables()  # an interruption may have come before they were written
        study.write_record(recorded["sessions"], recorded["data"])
        finished = f"All {len(study.trials)} trials of {study.folder.root} are finished; nothing to train."
        console.print(finished, soft_wrap=True)
        return True
    check_networks(study.experiment)
    return _session(study, console, tracker)


def _session(study: Study, console: Console, tracker: str | None) -> bool:
    session, earlier = new_session(study.folder.root), (study.folder.record() or {"sessions": []})["sessions"]

    def write_record(facts: dict[str, Any], **more: Any) -> None:
        study.write_record([*earlier, session | more], facts)

    if earlier:
        lines = (*since(earlier[-1], session), *outlook(study))
        console.print(*lines, sep="\n", highlight=False, soft_wrap=True)
    with _cluster(study, console):
        write_record(study.data.facts())
        _prepare_data(study, console)
        write_examples(study.folder.examples, study.data, study.experiment.eval_split)
        facts = study.data.facts()
        write_record(facts)
        try:
            _train(study, console, tracker)
        finally:
            study.write_tables()
            write_record(facts)  # with the trials that a search suggested
    write_record(facts, finished=now())
    return _all_finished(study, console)


def _all_finished(study: Study, console: Console) -> bool:
    """Print failures, notices and unreadable clips; return whether every trial finished."""
    outcomes = {trial.name: study.folder.outcome(trial.name) for trial in study.trials}
    bad_clips = study.folder.root / BAD_CLIPS
    if not pd.read_csv(bad_clips).empty:
        console.print(f"Some clips could not be read: {bad_clips} names them", style="yellow", soft_wrap=True)
    for name, outcome in outcomes.items():
        if outcome.get("notice"):
            console.print(f"{name}: {outcome['notice']}", style="yellow", soft_wrap=True)
    folder = study.folder
    failed = [name for name in outcomes if folder.has_failed(name) or not folder.is_over(name)]
    for name in failed:
        reason = outcomes[name].get("reason", "it did not finish")
        console.print(f"{name} failed: {reason}", style="red", soft_wrap=True)
    return not failed


def _train(study: Study, console: Console, tracker: str | None) -> None:
    folder, over = study.folder, study.over()
    unfinished, to_evaluate = study.to_train(), study.to_evaluate()
    ended = {name: status for name, status in over.items() if name not in {trial.name for trial in to_evaluate}}
    _forget_failures(study)  # what failed before is tried again
    with ProgressTable(study.trials, ended, console, study.trials_to_come) as progress:
        callbacks = [progress, TableWriter(study), TensorBoardWriter(folder)]
        callbacks += tracking_callbacks(tracker, study.experiment.name, folder)
        tune_trials(to_evaluate, folder, study.data, study.protocol, callbacks)
        first = [trial for trial in unfinished if not trial.needs]
        tune_trials(first, folder, study.data, study.protocol, callbacks, **_steering(study, first))
        waiting = [trial for trial in unfinished if trial.needs]
        while ready := [trial for trial in waiting if _is_ready(trial, folder)]:
            tune_trials(ready, folder, study.data, study.protocol, callbacks)
            waiting = [trial for trial in waiting if trial not in ready]


def _forget_failures(study: Study) -> None:
    for trial in study.trials:
        study.folder.forget_failure(trial.name)


def _is_ready(trial: Trial, folder: StudyFolder) -> bool:
    return all(folder.is_finished(needed.name) for needed in trial.needs)


@contextmanager
def _cluster(study: Study, console: Console) -> Iterator[None]:
    """Join or start Ray. Raises ValueError, before any work is done, for a trial that it can never run."""
    with ray_messages_in(study.folder.ray / "driver.log"):
        dashboard = connect()
        try:
            concurrent_trials(study.experiment.trials, cluster_nodes())
            _say_where_to_watch(study.folder, dashboard, console)
            yield
        finally:
            ray.shutdown()


def _steering(study: Study, unfinished: Sequence[Trial]) -> dict[str, Any]:
    """What suggests trials and what stops them early, if the experiment has these."""
    steering: dict[str, Any] = {}
    if study.experiment.search and study.trials_to_come:
        steering["suggestions"] = Suggestions(study, study.experiment.search, unfinished)
    if study.experiment.stopping:
        steering["early_stopping"] = start_early_stopping(study)
    return steering


def _say_where_to_watch(folder: StudyFolder, dashboard: str, console: Console) -> None:
    watch = {"TensorBoard": f"tensorboard --logdir {shlex.quote(str(folder.tensorboard))}"}
    if dashboard:
        watch["Ray's dashboard"] = f"http://{dashboard} (its token: ray get-auth-token)"
    for name, where in watch.items():
        console.print(f"{name}: {where}", highlight=False, soft_wrap=True)


def _prepare_data(study: Study, console: Console) -> None:
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Drawing the synthetic videos", visible=False)
        study.data.prepare(_advance(bar, task))


def _advance(bar: Progress, task: Any) -> Callable[[int, int], None]:
    return lambda done, total: bar.update(task, completed=done, total=total, visible=True)
