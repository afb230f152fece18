"""What a reader must know before relying on the numbers: what is missing, failed, or was averaged."""

import pandas as pd

from analysis.comparison.comparison import networks_of
from analysis.comparison.report_data import ReportData
from analysis.reading.arms import label_arms, with_settings
from analysis.reading.selection import Results
from analysis.reading.tables import Study

LOST_WITHOUT = {
    "trials.csv": "the trials' states and costs are unknown, and learning curves cannot be drawn",
    "epochs.csv": "there are no learning curves, and the learning rate could not be chosen on validation",
    "evaluations.csv": "there are no accuracies to show",
    "predictions.parquet": "accuracies cannot be compared clip by clip",
}
LISTED = 8
"""How many trials or arms are named, and how many different reasons are given."""
AGREE = 0.01
"""How far, in points, an accuracy may differ between two tables that round to two decimals."""


def caveats(report: ReportData) -> list[str]:
    """One sentence each for what is absent, unfinished, repaired, repeated, chosen blindly, averaged or left out."""
    study, results = report.study, report.results
    return [
        *(f"{name} is absent or empty: {LOST_WITHOUT[name]}." for name in study.empty),
        *_open_session(study),
        *_unfinished_trials(study),
        *_trial_notices(study),
        *_repeated_rows(study),
        *_incomplete_folds(study, results),
        *_blind_choices(study, results),
        *_averaged_trials(results),
        *_unequal_tables(report),
        *_hidden_arms(report),
    ]


def _open_session(study: Study) -> list[str]:
    last = (study.record.get("sessions") or [{}])[-1]
    if last.get("finished") or not last.get("started"):
        return []
    return [
        f"The session that began {last['started'][:16].replace('T', ' ')} has no end: the study is running or was"
        f" interrupted; python -m study resume {study.folder} continues it."
    ]


def _unfinished_trials(study: Study) -> list[str]:
    trials = study.trials
    stopped, unfinished = trials[trials["status"] == "stopped"], trials[~trials["status"].isin(["finished", "stopped"])]
    found = []
    if len(stopped):
        found.append(
            f"{len(stopped):,} of {len(trials):,} trials were stopped early because they fell behind: they have"
            " learning curves and were not evaluated. trials.csv says after which epoch."
        )
    if len(unfinished):
        counts = ", ".join(f"{count:,} {status}" for status, count in trials["status"].value_counts().items())
        found.append(
            f"{len(unfinished):,} of {len(trials):,} trials have not finished ({counts})."
            " Their results are missing below."
        )
    return [*found, *_reasons(unfinished)]


def _reasons(unfinished: pd.DataFrame) -> list[str]:
    groups = list(unfinished[unfinished["reason"] != ""].groupby(["status", "reason"], sort=False)["trial"])
    shown = [f"{_names(names)} {status}: {reason}." for (status, reason), names in groups[:LISTED]]
    hidden = len(groups) - len(shown)
    return [*shown, f"{hidden:,} further reasons are in trials.csv."] if hidden else shown


def _trial_notices(study: Study) -> list[str]:
    noted = [f"{row.trial}: {row.notice}." for row in study.trials[study.trials["notice"] != ""].itertuples()]
    hidden = len(noted) - LISTED
    return [*noted[:LISTED], f"{hidden:,} further notices are in trials.csv."] if hidden > 0 else noted


def _repeated_rows(study: Study) -> list[str]:
    if not study.repeated_rows:
        return []
    return [f"evaluations.csv repeats {study.repeated_rows} rows; the later row of each is used."]


def _incomplete_folds(study: Study, results: Results) -> list[str]:
    labelled = label_arms(with_settings(study.folds.incomplete, study.trials), results.highest_tsm)
    found = [
        f"{row.arm}, seed {row.seed:.0f}: left out, fold {row.missing} of {study.folds.number} (counted from 0) was not"
        " evaluated."
        for row in labelled.itertuples()
    ]
    hidden = len(found) - LISTED
    return [*found[:LISTED], f"{hidden:,} further sets of folds are not complete."] if hidden > 0 else found


def _blind_choices(study: Study, results: Results) -> list[str]:
    if "epochs.csv" in study.empty:
        return []
    settings = results.shown.groupby("arm").agg(rates=("lr", "nunique"), scored=("validation_score", "count"))
    blind = settings.index[(settings["rates"] > 1) & (settings["scored"] == 0)]
    if blind.empty:
        return []
    return [f"{_names(blind)}: several learning rates and no validation accuracy; the lowest rate is shown."]


def _averaged_trials(results: Results) -> list[str]:
    chosen = results.evaluations[results.evaluations["chosen"]]
    trials = chosen.groupby(["arm", "seed"])["trial"].nunique()
    arms = trials[trials > 1].index.get_level_values("arm").unique()
    return [f"{_names(arms)}: several trials with the same seed and settings are averaged."] if len(arms) else []


def _unequal_tables(report: ReportData) -> list[str]:
    """Intervals come from predictions and values from evaluations.csv, so the two must agree."""
    unequal = set()
    for comparison in report.comparisons:
        known = comparison.predictions.accuracies if comparison.predictions else {}
        for row, network in zip(comparison.rows.itertuples(), networks_of(comparison.rows)):
            counted = known.get(network, row.top1)
            if abs(counted - row.top1) > AGREE:
                unequal.add(row.trial)
    if not unequal:
        return []
    return [
        f"predictions.parquet and evaluations.csv disagree on top-1 of {_names(sorted(unequal))}; resume the study to"
        " rewrite them."
    ]


def _hidden_arms(report: ReportData) -> list[str]:
    return [
        f"{comparison.backbone} has {len(comparison.arms) + comparison.hidden_arms:,} arms; plots and summary show"
        f" {len(comparison.arms)}: plain methods, then those with the highest mean accuracy. evaluations.csv has all."
        for comparison in report.comparisons
        if comparison.hidden_arms
    ]


def _names(names: pd.Series | pd.Index | list[str]) -> str:
    listed = ", ".join(list(names)[:LISTED])
    return listed if len(names) <= LISTED else f"{listed} and {len(names) - LISTED:,} more"
