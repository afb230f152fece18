"""The study's driver: Optuna under Ray Tune: which trial comes next in a study with a search."""

from collections import deque
from collections.abc import Sequence
from statistics import mean
from typing import Any

from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch

from study.plan.score import SCORE, scored
from study.plan.search import domains, draws, rounded, variation
from study.plan.trial import Trial
from study.study import Study

REPEATS = 20  # suggestions in a row that bring nothing new, before one is drawn at random


class ArmSearch:
    """Optuna's search around one arm. A setting's score is its trials' mean over the arm's seeds, as last validated.

    A trial that was stopped counts with the score at which it was.
    """

    def __init__(self, arm: tuple[Trial, ...], study: Study) -> None:
        self.arm, self.study, self.folder = arm, study, study.folder
        self.search = search = study.experiment.search
        earlier = [given["values"] for given in study.suggestions if given["arm"] == arm[0].name]
        self.settings: list[dict[str, Any]] = [self._values(arm[0]), *earlier]
        self.domains = domains(search.space)
        self.optuna = OptunaSearch(
            space=OptunaSearch.convert_search_space(self.domains),
            metric=SCORE,
            mode="max",
            seed=search.seed + len(earlier),  # else a resumed search would draw the same again
        )
        self.asked: dict[int, str] = {}  # by the setting's place, what Optuna knows it by until it is told the score
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
        return self.study.suggest(self.arm, values)

    def on_trial_over(self, trial: Trial) -> None:
        """A trial of this arm is finished, stopped, or failed."""
        self._tell(self._values(trial))

    def _new_setting(self) -> dict[str, Any]:
        for attempt in range(REPEATS):
            name = f"{len(self.settings)}.{attempt}"
            values = rounded(self.optuna.suggest(name), self.search.space)
            if values not in self.settings:
                self.asked[len(self.settings)] = name
                return values
            self.optuna.on_trial_complete(name, error=True)  # Optuna leaves failures out of account
        return next(values for values in draws(self.search.space, self.search.seed) if values not in self.settings)

    def _tell(self, values: dict[str, Any]) -> None:
        trials = self._trials(values)
        if all(self.folder.is_over(trial.name) for trial in trials):
            self._tell_score(values, mean(map(self._score, trials)))
        elif any(self.folder.outcome(trial.name)["status"] == "failed" for trial in trials):
            self._tell_failure(values)

    def _score(self, trial: Trial) -> float:
        return scored(self.folder.epochs(trial.name), self.study.experiment.score_frames)[-1][SCORE]

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
            return list(self.arm)
        return [variation(trial, values) for trial in self.arm]


class Suggestions(Searcher):
    """Hands Tune the trials of a study with a search: ``first``, then what is suggested, the arms taking turns."""

    def __init__(self, study: Study, first: Sequence[Trial]) -> None:
        super().__init__()
        self.waiting = deque(sorted(first, key=lambda trial: trial.training_frames, reverse=True))
        self.arms = [ArmSearch(arm, study) for arm in study.arms.values()]
        self.running: dict[str, Trial] = {}

    @property
    def arm_trials(self) -> list[Trial]:
        """What it suggests resembles these."""
        return [trial for arm in self.arms for trial in arm.arm]

    @property
    def trials(self) -> int:
        """How many it will hand out."""
        return len(self.waiting) + sum(arm.left * len(arm.arm) for arm in self.arms)

    def suggest(self, trial_id: str) -> dict[str, Any] | str:
        """The configuration of Tune's next trial."""
        if not self.waiting:
            arm = max(self.arms, key=lambda arm: arm.left)
            if arm.left <= 0:
                return Searcher.FINISHED
            self.waiting.extend(arm.suggest())
        self.running[trial_id] = self.waiting.popleft()
        return {"trial": self.running[trial_id].as_dict()}

    def on_trial_complete(self, trial_id: str, result: dict | None = None, error: bool = False) -> None:
        """A trial is over: Optuna goes by its score from now on."""
        trial = self.running.pop(trial_id)
        next(arm for arm in self.arms if trial in arm).on_trial_over(trial)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study's folder holds what a resumed search needs."""
