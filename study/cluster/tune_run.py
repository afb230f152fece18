"""The study's driver: one Tune run over trials."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import ray
from ray import tune

from study.cluster.capacity import cluster_nodes, concurrent_trials
from study.cluster.ray_internals import ON_HEAD, free_places, named_trainable
from study.cluster.suggestions import Suggestions
from study.cluster.trial_process import places_of, start_and_wait, trial_name
from study.dataset import StudyData
from study.plan.protocol import Protocol
from study.plan.trial import Trial
from study.results.folder import StudyFolder

# A trial process that held a CPU would block its own worker: on two cores, two of them would wait for ever.
TRIAL_PROCESS_RESOURCES = {"cpu": 0, **ON_HEAD}


def tune_trials(
    trials: Sequence[Trial],
    folder: StudyFolder,
    data: StudyData,
    protocol: Protocol,
    callbacks: Sequence[tune.Callback],
    *,
    suggestions: Suggestions | None = None,
    early_stopping: ray.actor.ActorHandle | None = None,
) -> None:
    """Run ``trials``, as many at once as the cluster can, the most expensive first; then the suggested ones.

    ``early_stopping``: the actor of ``study.cluster.early_stopping``, which may end a trial after an epoch.
    """
    if not trials and suggestions is None:
        return
    ordered = sorted(trials, key=lambda trial: trial.training_frames, reverse=True)
    similar = ordered if suggestions is None else [*ordered, *suggestions.base_trials]
    built_on = {needed.name: needed for trial in trials for needed in trial.needs}
    trial_process = partial(start_and_wait, folder=folder, job=ray.put((data, protocol, early_stopping, built_on)))
    trainable = named_trainable(tune.with_resources(trial_process, TRIAL_PROCESS_RESOURCES), trial_name)
    results = tune.Tuner(
        trainable,
        param_space={"trial": tune.grid_search([trial.as_dict() for trial in ordered])} if suggestions is None else {},
        tune_config=tune.TuneConfig(
            search_alg=suggestions,
            num_samples=1 if suggestions is None else suggestions.trials,
            max_concurrent_trials=concurrent_trials(similar, cluster_nodes()),
            trial_name_creator=_name_of,
            trial_dirname_creator=_name_of,
        ),
        run_config=tune.RunConfig(
            name="tune", storage_path=str(folder.ray), verbose=0, callbacks=[FreesPlaces(folder), *callbacks]
        ),
    ).fit()
    for result in results:  # type: ignore[attr-defined]  # Ray's class is iterated by __getitem__
        name = trial_name(result.config)
        if result.error and not folder.has_failed(name):
            folder.write_failure(name, str(result.error).strip().splitlines()[-1])


class FreesPlaces(tune.Callback):
    """Frees the places of a trial's workers when its trial process is lost."""

    def __init__(self, folder: StudyFolder) -> None:
        self.folder = folder

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial failed."""
        free_places(places_of(self.folder, trial_name(trial.config)))


def _name_of(tune_trial: Any) -> str:
    return trial_name(tune_trial.config)
