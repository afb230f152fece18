"""The study's driver: Optuna under Ray Tune suggests the next trials of a study with a search."""

from collections import deque
from collections.abc import Sequence
from statistics import mean
from typing import Any

from ray import tune
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch

from study.plan.score import SCORE, scored
from study.plan.search import Search, draws, rounded, variation
from study.plan.trial import Trial
from study.study import Study

REPEATS = 20  # repeated suggestions in a row, before one is drawn at random


class BaseSearch:
    """Optuna's search around one base: trials of the experiment that differ only in their seed.

    A setting's score is the mean over the seeds of the last validation. A stopped trial counts with its last score.
    """

    def __init__(self, base: tuple[Trial, ...], study: Study, search: Search) -> None:
        self.base, self.study, self.search = base, study, search
        earlier = [given["values"] for given in study.suggestions if given["base"] == base[0].name]
        self.settings: list[dict[str, Any]] = [self._values(base[0]), *earlier]
        self.domains = {field: getattr(tune, kind)(*arguments) for field, (kind, *arguments) in search.space.items()}
        self.optuna = OptunaSearch(
            space=OptunaSearch.convert_search_space(self.domains),
            metric=SCORE,
            mode="max",
            seed=search.seed + len(earlier),  # else a resumed search would draw the same again
        )
        self.asked: dict[int, str] = {}  # index of a setting -> Optuna's name for it, until Optuna is told the score
        for values in self.settings:
            self._tell(values)

    def __contains__(self, trial: Trial) -> bool:
        values = self._values(trial)
        return values in self.settings and trial in self._trials(values)

    @property
    def left(self) -> int:
        """How many settings are still to be suggested."""
        return self.search.samples + 1 - len(self.settings)

    def suggest(self) -> list[Trial]:
        """The trials of a new setting; from now on they belong to the study."""
        values = self._new_setting()
        self.settings.append(values)
        return self.study.suggest(self.base[0].name, values)

    def on_trial_over(self, trial: Trial) -> None:
        """A trial of this search is finished, stopped, or failed."""
        self._tell(self._values(trial))

    def _new_setting(self) -> dict[str, Any]:
        for attempt in range(REPEATS):
            name = f"{len(self.settings)}.{attempt}"
            suggested: Any = self.optuna.suggest(name)  # never None: the search has a space
            values = rounded(suggested, self.search.space)
            if values not in self.settings:
                self.asked[len(self.settings)] = name
                return values
            self.optuna.on_trial_complete(name, error=True)  # Optuna ignores failed trials
        return next(values for values in draws(self.search.space, self.search.seed) if values not in self.settings)

    def _tell(self, values: dict[str, Any]) -> None:
        trials = self._trials(values)
        folder = self.study.folder
        if all(folder.is_over(trial.name) for trial in trials):
            self._tell_score(values, mean(map(self._score, trials)))
        elif any(folder.outcome(trial.name)["status"] == "failed" for trial in trials):
            self._tell_failure(values)

    def _score(self, trial: Trial) -> float:
        return scored(self.study.folder.epochs(trial.name), self.study.experiment.score_frames)[-1][SCORE]

    def _tell_score(self, values: dict[str, Any], score: float) -> None:
        name = self.asked.pop(self.settings.index(values), None)
        if name is not None:
            self.optuna.on_trial_complete(name, {SCORE: score})
        elif all(domain.is_valid(values[field]) for field, domain in self.domains.items()):
            self.optuna.add_evaluated_point(values, score)

    def _tell_failure(self, values: dict[str, Any]) -> None:
        name = self.asked.pop(self.settings.index(values), None)
        if name is not None:
            self.optuna.on_trial_complete(name, error=True)

    def _values(self, trial: Trial) -> dict[str, Any]:
        return {field: getattr(trial.training, field) for field in self.search.space}

    def _trials(self, values: dict[str, Any]) -> list[Trial]:
        if values == self.settings[0]:
            return list(self.base)
        return [variation(trial, values) for trial in self.base]


class Suggestions(Searcher):
    """Hands Tune the trials of a study with a search: ``first``, then what is suggested, the bases taking turns."""

    def __init__(self, study: Study, search: Search, first: Sequence[Trial]) -> None:
        super().__init__()
        self.waiting = deque(sorted(first, key=lambda trial: trial.training_frames, reverse=True))
        self.searches = [BaseSearch(base, study, search) for base in study.bases.values()]
        self.running: dict[str, Trial] = {}

    @property
    def base_trials(self) -> list[Trial]:
        """The trials whose variations it suggests: these need the same resources."""
        return [trial for search in self.searches for trial in search.base]

    @property
    def trials(self) -> int:
        """How many it will hand out."""
        return len(self.waiting) + sum(search.left * len(search.base) for search in self.searches)

    def suggest(self, trial_id: str) -> Any:
        """The configuration of Tune's next trial; ``Searcher.FINISHED`` after the last."""
        if not self.waiting:
            search = max(self.searches, key=lambda search: search.left)
            if search.left <= 0:
                return Searcher.FINISHED
            self.waiting.extend(search.suggest())
        self.running[trial_id] = self.waiting.popleft()
        return {"trial": self.running[trial_id].as_dict()}

    def on_trial_complete(self, trial_id: str, result: dict | None = None, error: bool = False) -> None:
        """A trial is over: its score counts for Optuna's next suggestion."""
        trial = self.running.pop(trial_id)
        next(search for search in self.searches if trial in search).on_trial_over(trial)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study's folder holds what a resumed search needs."""
