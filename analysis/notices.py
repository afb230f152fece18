"""What a reader must know before believing the numbers: what is missing, failed, or was averaged."""

from analysis.selection import Results
from analysis.tables import Study

LOST_WITHOUT = {
    "trials.csv": "the trials' states and costs are unknown, and learning curves cannot be drawn",
    "epochs.csv": "there are no learning curves, and the learning rate could not be chosen on validation",
    "evaluations.csv": "there are no accuracies to show",
    "predictions.parquet": "accuracies cannot be compared clip by clip",
}


def notices(study: Study, results: Results) -> list[str]:
    """One sentence each for absent tables, unfinished trials, repeated rows, blind choices and averaged trials."""
    return [
        *(f"{name} is absent or empty: {LOST_WITHOUT[name]}." for name in study.empty),
        *_unfinished_trials(study),
        *_repeated_rows(study),
        *_blind_choices(study, results),
        *_averaged_trials(results),
    ]


def _unfinished_trials(study: Study) -> list[str]:
    trials = study.trials
    unfinished = trials[trials["status"] != "finished"]
    if unfinished.empty:
        return []
    counts = ", ".join(f"{count} {status}" for status, count in trials["status"].value_counts().items())
    reasons = [f"{row.trial} {row.status}: {row.reason}." for row in unfinished.itertuples() if row.reason]
    return [
        f"{len(unfinished)} of {len(trials)} trials have not finished ({counts})."
        " What they would have shown is missing below.",
        *reasons,
    ]


def _repeated_rows(study: Study) -> list[str]:
    if not study.repeated_rows:
        return []
    return [f"evaluations.csv repeats {study.repeated_rows} rows; the later row of each is used."]


def _blind_choices(study: Study, results: Results) -> list[str]:
    if "epochs.csv" in study.empty:
        return []
    shown = results.shown
    rates = shown.groupby("arm")["lr"].nunique()
    scored = shown.groupby("arm")["validation_score"].count()
    return [
        f"{arm} has several learning rates and no validation accuracy; the lowest rate is shown."
        for arm in rates.index[(rates > 1) & (scored == 0)]
    ]


def _averaged_trials(results: Results) -> list[str]:
    chosen = results.evaluations[results.evaluations["chosen"]]
    trials = chosen.groupby(["arm", "seed"])["trial"].nunique()
    arms = trials[trials > 1].index.get_level_values("arm").unique()
    return [f"{arm} holds several trials with the same seed and settings; they are averaged." for arm in arms]
