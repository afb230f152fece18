"""Folds: the trials that differ only in the fold of the data are read as one trial, evaluated on all clips.

Every clip of such a trial is predicted by the network that was not trained on it. Incomplete sets are left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from study.results.schema import BATCHNORM, EVALUATIONS

WEIGHTED = ["top1", "top5", "loss"]
"""Of evaluations.csv: means over clips."""
INCOMPLETE = ["trial", "method", "variant", "train_frames", "adaptation", "seed"]
Pool = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True, kw_only=True, eq=False)
class Folds:
    """Which trials are the folds of which one.

    number: how many folds the data has; 0 for none. trials: the names of the trials of each pooled one, in the order of
    their folds. incomplete: a row per evaluated network that lacks folds: the columns INCOMPLETE, and missing, their
    numbers as text.
    """

    number: int = 0
    trials: dict[str, list[str]] = field(default_factory=dict)
    incomplete: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*INCOMPLETE, "missing"]))

    @cached_property
    def pooled(self) -> dict[str, str]:
        """The pooled trial of each trial with a fold."""
        return {trial: name for name, trials in self.trials.items() for trial in trials}

    def pool_trials(self, trials: pd.DataFrame) -> pd.DataFrame:
        """trials.csv: finished where all folds are, with the time of all, and the largest peak memory."""
        return self._pool(trials, _pooled_trials)

    def pool_epochs(self, epochs: pd.DataFrame) -> pd.DataFrame:
        """epochs.csv: means over the folds, of the epochs that every fold has."""
        return self._pool(epochs, self._pooled_epochs)

    def pool_evaluations(self, evaluations: pd.DataFrame) -> pd.DataFrame:
        """evaluations.csv: all clips, and means over them."""
        return self._pool(evaluations, self._pooled_evaluations)

    def pool_batchnorm(self, batchnorm: pd.DataFrame) -> pd.DataFrame:
        """batchnorm.csv: means over the folds."""
        return self._pool(batchnorm, self._pooled_batchnorm)

    def pool_record(self, record: dict) -> dict:
        """study.json with each set of folds as one trial."""
        if not self.trials or not record.get("trials"):
            return record
        first = {trials[0]: name for name, trials in self.trials.items()}
        others = self.pooled.keys() - first
        pooled = [_without_fold(trial, first) for trial in record["trials"] if trial.get("name") not in others]
        return record | {"trials": pooled}

    def _pool(self, table: pd.DataFrame, pool: Pool) -> pd.DataFrame:
        of_fold = table["trial"].isin(self.pooled)
        if not of_fold.any():
            return table
        parts = table[of_fold].assign(part=table["trial"], trial=table["trial"].map(self.pooled))
        pooled = pool(parts).reindex(columns=table.columns)
        return pooled if of_fold.all() else pd.concat([table[~of_fold], pooled], ignore_index=True)

    def _pooled_epochs(self, parts: pd.DataFrame) -> pd.DataFrame:
        once = parts.drop_duplicates(["part", "epoch"], keep="last").drop(columns="part")
        groups = once.groupby(["trial", "epoch"], sort=False)
        return groups.mean(numeric_only=True)[groups.size() == self.number].reset_index()

    def _pooled_evaluations(self, parts: pd.DataFrame) -> pd.DataFrame:
        sums = parts.assign(**parts[WEIGHTED].mul(parts["clips"], axis="index"))
        groups = sums.groupby([*EVALUATIONS.key], sort=False)
        totals = groups[["clips", *WEIGHTED]].sum(min_count=self.number)
        means = totals[WEIGHTED].div(totals["clips"], axis="index")
        epoch = groups["epoch"].first().where(groups["epoch"].nunique() == 1)
        pooled = groups.first().assign(clips=totals["clips"], **means, epoch=epoch, fold=float("nan"))
        return pooled[groups.size() == self.number].reset_index()

    def _pooled_batchnorm(self, parts: pd.DataFrame) -> pd.DataFrame:
        groups = parts.groupby([*BATCHNORM.key], sort=False)
        means = groups[["mean", "variance", "scale", "bias"]].mean()
        return groups.first().assign(**means)[groups.size() == self.number].reset_index()


NO_FOLDS = Folds()


def find_folds(trials: pd.DataFrame, evaluations: pd.DataFrame) -> Folds:
    """The folds of a study's tables; ``evaluations`` without repeated rows."""
    both = pd.concat([table[["trial", "fold"]] for table in (trials, evaluations)]).dropna(subset="fold")
    parts = both.drop_duplicates("trial").astype({"fold": int}).sort_values("fold", kind="stable")
    if parts.empty:
        return NO_FOLDS
    pooled = {trial: trial.removesuffix(f"-fold{fold}") for trial, fold in parts.itertuples(index=False)}
    number = int(parts["fold"].max()) + 1
    return Folds(
        number=number,
        trials=parts["trial"].groupby(parts["trial"].map(pooled)).agg(list).to_dict(),
        incomplete=_incomplete(evaluations, pooled, number),
    )


def _incomplete(evaluations: pd.DataFrame, pooled: dict[str, str], number: int) -> pd.DataFrame:
    parts = evaluations.dropna(subset="fold").assign(trial=evaluations["trial"].map(pooled))
    networks = parts.groupby([*EVALUATIONS.key], sort=False)
    seen = networks["fold"].agg(frozenset)
    missing = seen.map(lambda folds: ", ".join(str(fold) for fold in range(number) if fold not in folds))
    rows = networks.first().assign(missing=missing)[missing != ""].reset_index()
    return rows[[*INCOMPLETE, "missing"]].drop_duplicates(["trial", "adaptation", "missing"], ignore_index=True)


def _pooled_trials(parts: pd.DataFrame) -> pd.DataFrame:
    groups = parts.groupby("trial", sort=False)
    best = groups["best_epoch"].first().where(groups["best_epoch"].nunique() == 1)
    return (
        groups.first()
        .assign(
            fold=float("nan"),
            status=groups["status"].agg(_status),
            reason=groups["reason"].agg(_texts),
            notice=groups["notice"].agg(_texts),
            epochs_done=groups["epochs_done"].min(),
            best_epoch=best,
            seconds=groups["seconds"].sum(min_count=1),
            peak_memory_mb=groups["peak_memory_mb"].max(),
            reserved_memory_mb=groups["reserved_memory_mb"].max(),
            machine=groups["machine"].agg(_texts),
        )
        .reset_index()
    )


def _status(statuses: pd.Series) -> str:
    """Of a set: finished only if all are, and stopped only if none has failed or is still to come."""
    return min(statuses, key=lambda status: (status == "finished", status == "stopped"))


def _texts(texts: pd.Series) -> str:
    return "; ".join(dict.fromkeys(filter(None, texts)))


def _without_fold(trial: dict, names: dict[str, str]) -> dict:
    if trial.get("name") not in names:
        return trial
    return {key: value for key, value in trial.items() if key != "fold"} | {"name": names[trial["name"]]}
