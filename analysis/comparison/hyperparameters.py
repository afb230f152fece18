"""Settings that trials vary beside frames and seeds, and how strongly validation accuracy follows them."""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.reading.arms import label_arms, with_settings
from analysis.reading.configuration import settings_of, trained_by
from analysis.reading.selection import Results
from analysis.reading.tables import Study

FEWEST_TRIED = 5
"""Different settings of an arm below which a rank correlation means nothing."""


def varied_settings(study: Study, results: Results) -> pd.DataFrame:
    """trial, arm, role, status, score, and a column per setting that varies within some arm; no rows where none does.

    score: mean validation top-1 over the trained counts at the trial's last epoch. Settings inside others are joined
    with a dot: recipe.crop.
    """
    trials = with_settings(study.trials.drop_duplicates("trial"), study.trials)
    labelled = label_arms(trials, results.highest_tsm)
    scored = labelled.assign(score=labelled["trial"].map(results.validation_scores).astype(float)).dropna(
        subset="score"
    )
    values = _configured(study).reindex(scored["trial"]).set_axis(scored.index)
    values = values.combine_first(scored[["lr", "epochs", "batch_size"]])
    varied = [name for name in values if values[name].groupby(scored["arm"]).nunique().max() > 1]
    if not varied:
        return pd.DataFrame()
    return pd.concat([scored[["trial", "arm", "role", "status", "score"]], values[varied]], axis=1)


def importances(settings: pd.DataFrame) -> pd.DataFrame:
    """arm, role, setting, tried, importance: how strongly the rank of the score follows a setting, 0 to 1.

    Spearman's correlation without its sign for numbers (direction: "+" or "-"), the correlation ratio of ranks for
    texts, over the ``tried`` different settings of an arm, each with its mean score over seeds; FEWEST_TRIED at least.
    """
    rows = [
        {"arm": arm, "role": role, "setting": name, "tried": len(means), **_importance(means, name)}
        for (arm, role), means in _means_over_seeds(settings).items()
        for name in means.columns.drop("score")
        if len(means) >= FEWEST_TRIED and means[name].nunique() > 1
    ]
    return pd.DataFrame(rows, columns=["arm", "role", "setting", "tried", "importance", "direction"])


def _means_over_seeds(settings: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Per arm and role, a row per combination of settings, with its mean score over trials that ran to their end."""
    if settings.empty:
        return {}
    names, settings = list(settings.columns[5:]), settings[settings["status"] == "finished"]
    return {
        key: rows.groupby(names, dropna=False, as_index=False)["score"].mean()
        for key, rows in settings.groupby(["arm", "role"], sort=False)
    }


def chance_level(tried: int) -> float:
    """The rank correlation that one in twenty unrelated settings exceeds by chance, with that many tried."""
    quantile = stats.t.ppf(0.975, tried - 2)
    return float(quantile / np.sqrt(tried - 2 + quantile**2))


def _configured(study: Study) -> pd.DataFrame:
    """The settings of every trained trial, a column each, by its name."""
    training = trained_by(study.record)
    flat = pd.json_normalize([settings_of(settings) for settings in training.values()])
    texts = flat.map(lambda value: str(value) if isinstance(value, list | bool) else value)
    return texts.set_axis(list(training))


def _importance(rows: pd.DataFrame, name: str) -> dict:
    known = rows.dropna(subset=name)
    if known[name].nunique() < 2 or known["score"].nunique() < 2:
        return {"importance": 0.0, "direction": ""}
    if pd.api.types.is_numeric_dtype(known[name].infer_objects()):
        correlation = stats.spearmanr(known[name].astype(float), known["score"]).statistic
        return {"importance": abs(float(correlation)), "direction": "+" if correlation > 0 else "-"}
    ranks = known["score"].rank()
    of_groups = ranks.groupby(known[name]).transform("mean")
    return {"importance": float(np.sqrt(of_groups.var(ddof=0) / ranks.var(ddof=0))), "direction": ""}
