"""What recovery costs, in a sentence: training time and multiply-adds per clip."""

from analysis.comparison.comparison import Comparison
from analysis.comparison.ranking import recovering_arms
from analysis.reading.tables import Study


def cost_sentences(study: Study, comparison: Comparison) -> list[str]:
    """The best recovering arm's training time beside the baseline's, and what a clip costs at both ends."""
    if comparison.lowest is None:
        return []
    best = next(iter(recovering_arms(comparison)), comparison.baseline)
    parts = [*_training(study, comparison, best), *_inference(comparison, best)]
    return [f"{best} {', and '.join(parts)}."] if parts else []


def _training(study: Study, comparison: Comparison, best: str) -> list[str]:
    own, others = _seconds(study, comparison, best), _seconds(study, comparison, comparison.baseline)
    is_of_another = best == comparison.baseline or comparison.arm(best)["adaptation"]
    if not (own and others) or is_of_another:
        return []
    return [
        f"took {own / others:.1f} times the time of {comparison.baseline} to train ({_duration(own)} against"
        f" {_duration(others)} on this study's machines)"
    ]


def _inference(comparison: Comparison, label: str) -> list[str]:
    costs = comparison.arm_rows(label).groupby("eval_frames")["gmacs_per_clip"].mean()
    low, high = costs.get(comparison.lowest), costs.get(comparison.highest)
    if not (low and high) or not low < high:
        return []
    return [
        f"costs {low:.3g} · 10⁹ multiply-adds per clip at {comparison.lowest} frames against {high:.3g} · 10⁹ at"
        f" {comparison.highest}"
    ]


def _seconds(study: Study, comparison: Comparison, label: str) -> float | None:
    trials = comparison.arm_rows(label)["trial"]
    seconds = study.trials.loc[study.trials["trial"].isin(trials), "seconds"].dropna()
    return None if seconds.empty else float(seconds.mean())


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
