"""Which setting of an arm is shown: the best on validation, never the best on test."""

from dataclasses import dataclass

import pandas as pd

from analysis.reading.arms import ARM_COLUMNS, highest_tsm_counts, label_arms, with_settings
from analysis.reading.tables import Study, learning_curves, trained_counts

MAIN = {"sampling": "centre", "views": "1x1"}
SETTING_COLUMNS = ["lr", "setting", "epochs", "batch_size"]


@dataclass(frozen=True, kw_only=True)
class Results:
    """The evaluations under the shown protocol with their arms, and those under others.

    evaluations: evaluations.csv of the shown sampling and views, with backbone, setting, epochs, batch_size, role, arm,
    validation_score, and chosen (bool: the row is of its arm's chosen setting, the shown split and selection).
    highest_tsm: per backbone the highest count that plain TSM trains.
    others: the evaluations with another sampling or other views; `evaluations` has none of them.
    split, selection, sampling, views: what the report shows; None for a study without evaluations.
    validation_scores: per trial with epochs, also of one that was never evaluated.
    """

    evaluations: pd.DataFrame
    others: pd.DataFrame
    highest_tsm: dict[str, int]
    split: str | None
    selection: str | None
    sampling: str | None
    views: str | None
    validation_scores: pd.Series

    @property
    def shown(self) -> pd.DataFrame:
        """The evaluations of the shown split and selection, at every setting."""
        rows = self.evaluations
        return rows[(rows["split"] == self.split) & (rows["selection"] == self.selection)]


def select_results(study: Study) -> Results:
    """Chooses each arm's setting on the validation split: highest mean over seeds of validation_score.

    Shown are the test split and the last epoch; where those are absent, validation and the best epoch. Ties go to the
    smaller learning rate. Of several samplings and views, the main ones: the centre of each segment, one view.
    """
    highest_tsm = highest_tsm_counts(study)
    sampling, views = (_preferred(study.evaluations[name], own) for name, own in MAIN.items())
    is_main = (study.evaluations["sampling"] == sampling) & (study.evaluations["views"] == views)
    rows = label_arms(with_settings(study.evaluations[is_main], study.trials), highest_tsm)
    scores = validation_scores(study)
    rows = rows.assign(validation_score=rows["trial"].map(scores).astype(float))
    split = _preferred(rows["split"], "test", "validation")
    selection = _preferred(rows.loc[rows["split"] == split, "selection"], "last", "best")
    shown = (rows["split"] == split) & (rows["selection"] == selection)
    settings = rows[ARM_COLUMNS + SETTING_COLUMNS]
    is_best = settings.merge(_best_settings(rows[shown]), how="left", indicator="best")["best"] == "both"
    return Results(
        evaluations=rows.assign(chosen=shown & is_best.to_numpy(bool)),
        others=study.evaluations[~is_main],
        highest_tsm=highest_tsm,
        split=split,
        selection=selection,
        sampling=sampling,
        views=views,
        validation_scores=scores,
    )


def validation_scores(study: Study) -> pd.Series:
    """Per trial: mean validation top-1 over its trained frame counts at its last epoch, from epochs.csv."""
    epochs = study.epochs
    curves = learning_curves(epochs[epochs["epoch"] == epochs.groupby("trial")["epoch"].transform("max")])
    last = curves[(curves["split"] == "validation") & (curves["metric"] == "top1")]
    trials = pd.concat([study.evaluations, study.trials]).drop_duplicates("trial").set_index("trial")
    frames = trials["train_frames"].map(trained_counts)
    trained = [count in frames.get(trial, ()) for trial, count in zip(last["trial"], last["frames"])]
    return last[pd.Series(trained, last.index, dtype=bool)].groupby("trial")["value"].mean()


def _best_settings(shown: pd.DataFrame) -> pd.DataFrame:
    trials = shown.drop_duplicates(["trial", *ARM_COLUMNS])
    scores = trials.groupby(ARM_COLUMNS + SETTING_COLUMNS, dropna=False, as_index=False)["validation_score"].mean()
    ranked = scores.sort_values(["validation_score", "lr"], ascending=[False, True])
    return ranked.drop_duplicates(ARM_COLUMNS)[ARM_COLUMNS + SETTING_COLUMNS]


def _preferred(values: pd.Series, *order: str) -> str | None:
    """The first of `order` that occurs, or else the first by name; None of no values."""
    present = set(values)
    return next((value for value in order if value in present), min(present, default=None))
