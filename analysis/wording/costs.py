"""What recovery costs, in a sentence: training time and multiply-adds per clip."""

from analysis.comparison.comparison import Comparison
from analysis.comparison.ranking import recovering_arms
from analysis.reading.benchmarks import number
from analysis.reading.configuration import trained_further
from analysis.reading.tables import Study

SEVERAL = "; "
"""Between the machines of a trial that ran on several kinds."""


def cost_sentences(study: Study, comparison: Comparison) -> list[str]:
    """The best plain arm's training time beside the baseline's, where both trained on the same kind of machine,
    and what a clip costs at both ends."""
    if comparison.lowest is None:
        return []
    best = next(iter(recovering_arms(comparison)), comparison.baseline)
    parts = [*_training(study, comparison, best), *_inference(comparison, best)]
    return [f"{best} {', and '.join(parts)}."] if parts else []


def _training(study: Study, comparison: Comparison, best: str) -> list[str]:
    own, others = _seconds(study, comparison, best), _seconds(study, comparison, comparison.baseline)
    machine = _machine(study, comparison, best)
    is_of_another = best == comparison.baseline or comparison.arm(best)["adaptation"]
    if not (own and others and machine) or is_of_another:
        return []
    if machine != _machine(study, comparison, comparison.baseline):
        return []
    more = ", on top of the training of the network that it starts from" if _starts(study, comparison, best) else ""
    return [
        f"took {own / others:.1f} times the time of {comparison.baseline} to train{more} ({_duration(own)} against"
        f" {_duration(others)} on {machine})"
    ]


def _starts(study: Study, comparison: Comparison, label: str) -> bool:
    """Whether an arm begins with a trained network, whose time its own does not contain."""
    return bool(comparison.arm_rows(label)["trial"].isin(trained_further(study.record)).any())


def _machine(study: Study, comparison: Comparison, label: str) -> str | None:
    """The machine that trained all of an arm; None where it is unknown or there were several kinds."""
    trials = comparison.arm_rows(label)["trial"]
    machines = set(study.trials.loc[study.trials["trial"].isin(trials), "machine"])
    machine = machines.pop() if len(machines) == 1 else ""
    return None if SEVERAL in machine else machine or None


def _inference(comparison: Comparison, label: str) -> list[str]:
    costs = comparison.arm_rows(label).groupby("eval_frames")["gmacs_per_clip"].mean()
    low, high = costs.get(comparison.lowest), costs.get(comparison.highest)
    if not (low and high) or not low < high:
        return []
    return [
        f"costs {number(low)} · 10⁹ multiply-adds per clip at {comparison.lowest} frames against {number(high)} · 10⁹"
        f" at {comparison.highest}"
    ]


def _seconds(study: Study, comparison: Comparison, label: str) -> float | None:
    trials = comparison.arm_rows(label)["trial"]
    seconds = study.trials.loc[study.trials["trial"].isin(trials), "seconds"].dropna()
    return None if seconds.empty else float(seconds.mean())


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
