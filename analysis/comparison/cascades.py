"""A budget that adapts: what each network that is trained for several counts reaches when it stops once it is sure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.comparison.comparison import BACKBONES, Comparison, Point, networks_of
from analysis.comparison.report_data import ReportData
from analysis.reading.confidences import as_arrays, of_shared_clips, read_confidences
from analysis.reading.predictions import Network
from analysis.reading.roles import LOOKS, SEPARATED
from analysis.reading.selection import MAIN
from analysis.reading.study_error import StudyError
from analysis.reading.tables import load_study, trained_counts
from analysis.statistics.cascade import (
    Answers,
    Outcome,
    as_accurate_as_the_last,
    averaged,
    calibration_error,
    crossed,
    most_accurate_within,
)
from analysis.statistics.clip_statistics import accuracy_over_clips

SHOWN = 4
BUDGETS = 12
FEWEST_CLIPS = 2
"""One in each half."""
SEPARATED_NETWORKS = LOOKS[SEPARATED].label
FIXED, SURE, AVERAGING, AS_ACCURATE, ORACLE = (
    "fixed counts", "stop when sure", "stop when sure, averaging", "as accurate as the last count", "oracle",
)  # fmt: skip
RULES = (FIXED, SURE, AVERAGING, AS_ACCURATE, ORACLE)
COLUMNS = ("rule", "frames", "gmacs", "top1", "low", "high")


@dataclass(frozen=True, kw_only=True, eq=False)
class Cascade:
    """points: arms at their counts, rising. alone, joined: the answers of each seed, alone and averaged with those of
    the counts before, all about the same clips."""

    points: list[Point]
    alone: list[Answers]
    joined: list[Answers]


def cascade_tables(report: ReportData, comparison: Comparison) -> dict[str, pd.DataFrame]:
    """By cascade: rule, and at each of its points the mean frames and 10⁹ multiply-adds of a clip, and top-1 with its
    interval. Thresholds are chosen on one half of the clips and judged on the other."""
    return {name: _curves(cascade) for name, cascade in _cascades(report, comparison).items()}


def calibration_table(report: ReportData, comparison: Comparison) -> pd.DataFrame:
    """arm, frames, expected calibration error in points, mean over seeds, of the networks in the cascades."""
    errors = {
        point: np.mean([calibration_error(seed.confidence[place], seed.right[place]) for seed in cascade.alone])
        for cascade in _cascades(report, comparison).values()
        for place, point in enumerate(cascade.points)
    }
    return pd.DataFrame([(*point, error) for point, error in errors.items()], columns=["arm", "frames", "error"])


def sure_threshold(
    folder: Path, trial: str, selection: str, counts: Sequence[int], sampling: str = MAIN["sampling"]
) -> float:
    """The cheapest probability to stop at that was as accurate as the last of ``counts`` over all the clips that the
    study in ``folder`` evaluated ``trial`` on, in one view of frames by ``sampling``, by its epoch ``selection``.

    Raises StudyError if ``folder`` holds no study, or not the probabilities of the trial's answers at all ``counts``.
    """
    study = load_study(folder)
    rows, name = study.evaluations, study.folds.pooled.get(trial, trial)
    of_trial = rows[(rows["trial"] == name) & (rows["selection"] == selection) & (rows["adaptation"] == "")]
    protocol = MAIN | {"sampling": sampling}
    of_trial = of_trial[(of_trial[list(protocol)] == pd.Series(protocol)).all(axis=1)]
    costs = dict(zip(of_trial["eval_frames"], of_trial["gmacs_per_clip"]))
    networks = [Network(name, "", **protocol, eval_frames=count) for count in counts]
    split = "" if of_trial.empty else of_trial["split"].iloc[0]
    tables = read_confidences(folder, split, selection, networks, study.folds)
    lacking = [count for count, network in zip(counts, networks) if network not in tables or count not in costs]
    if lacking:
        raise StudyError(
            f"{folder} has no probabilities of {trial}'s answers at {lacking[0]} frames under the sampling {sampling} "
            "to choose a threshold by: give one as --budget P"
        )
    alone, _ = _answers([tables[network] for network in networks], counts, [costs[count] for count in counts])
    return min(as_accurate_as_the_last(alone), 1.0)


@lru_cache(maxsize=BACKBONES)
def _cascades(report: ReportData, comparison: Comparison) -> dict[str, Cascade]:
    """By name; without those of which predictions lack probabilities."""
    networks = {
        name: [_networks(comparison, *point) for point in points] for name, points in _points(comparison).items()
    }
    wanted = {network for of_points in networks.values() for by_seed in of_points for network in by_seed.values()}
    study, results = report.study, report.results
    tables = read_confidences(study.folder, results.split, results.selection, wanted, study.folds)
    found = {}
    for name, points in _points(comparison).items():
        seeds = sorted(set.intersection(*map(set, networks[name])))
        in_order = [by_seed[seed] for seed in seeds for by_seed in networks[name]]
        if not seeds or any(network not in tables for network in in_order):
            continue
        shared = of_shared_clips(tables[network] for network in in_order)
        if len(shared[0]) >= FEWEST_CLIPS:
            found[name] = _cascade(comparison, points, shared)
    return found


def _cascade(comparison: Comparison, points: list[Point], tables: list[pd.DataFrame]) -> Cascade:
    """Of ``tables`` of the same clips: those of the first seed's networks at ``points``, then those of the next's."""
    counts, costs = [count for _, count in points], [_cost(comparison, *point) for point in points]
    of_seeds = [tables[first : first + len(points)] for first in range(0, len(tables), len(points))]
    alone, joined = map(list, zip(*(_answers(of_seed, counts, costs) for of_seed in of_seeds)))
    return Cascade(points=points, alone=alone, joined=joined)


def hidden_cascades(comparison: Comparison) -> int:
    """How many networks are left out of the tables, which would be too many."""
    return max(len(_all_points(comparison)) - SHOWN, 0)


def _points(comparison: Comparison) -> dict[str, list[Point]]:
    """Of `_all_points` SHOWN: Separated Training, then plain arms, then variants."""
    found = _all_points(comparison)
    ranked = sorted(found, key=lambda name: (name != SEPARATED_NETWORKS, _is_varied(comparison, name)))[:SHOWN]
    return {name: points for name, points in found.items() if name in ranked}


def _all_points(comparison: Comparison) -> dict[str, list[Point]]:
    """By name, an arm at the counts that it was trained for, plain ones first, and Separated Training's networks."""
    found = {}
    for arm in sorted(comparison.arms, key=partial(_is_varied, comparison)):
        counts = sorted({*trained_counts(comparison.arm(arm)["train_frames"])} & {*comparison.evaluated_counts(arm)})
        if len(counts) > 1 and not comparison.arm(arm)["adaptation"]:
            found[arm] = [(arm, count) for count in counts]
    separated = [(label, count) for count in comparison.recovery_counts() if (label := comparison.separated(count))]
    if separated and comparison.baseline:
        found[SEPARATED_NETWORKS] = [*separated, (comparison.baseline, comparison.highest)]
    return found


def _is_varied(comparison: Comparison, name: str) -> bool:
    return name != SEPARATED_NETWORKS and comparison.arm(name)["variant"] != ""


def _answers(tables: Sequence[pd.DataFrame], counts: Sequence[int], costs: Sequence[float]) -> tuple[Answers, Answers]:
    """The answers of networks at rising ``counts``, alone and averaged."""
    labels, classes, probabilities = as_arrays(tables)
    answers = partial(Answers, counts=np.array(counts), costs=np.array(costs), labels=labels)
    joined_classes, joined_confidence = averaged(classes, probabilities)
    alone = answers(classes=classes[..., 0], confidence=probabilities[..., 0])
    return alone, answers(classes=joined_classes, confidence=joined_confidence)


def _networks(comparison: Comparison, arm: str, count: int) -> dict[int, Network]:
    rows = comparison.arm_rows(arm)
    rows = rows[rows["eval_frames"] == count]
    return dict(zip(rows["seed"], networks_of(rows)))


def _cost(comparison: Comparison, arm: str, count: int) -> float:
    rows = comparison.arm_rows(arm)
    return float(rows.loc[rows["eval_frames"] == count, "gmacs_per_clip"].mean())


def _curves(cascade: Cascade) -> pd.DataFrame:
    alone = cascade.alone
    budgets = np.geomspace(alone[0].costs[0], alone[0].costs.sum(), BUDGETS)
    places = range(len(alone[0].counts))
    rows = [_row(FIXED, alone, lambda answers, place=place: _fixed(answers, place)) for place in places]
    for rule, of_seeds in ((SURE, alone), (AVERAGING, cascade.joined)):
        rows += [_row(rule, of_seeds, partial(crossed, choose=most_accurate_within(budget))) for budget in budgets]
    rows.append(_row(AS_ACCURATE, alone, partial(crossed, choose=as_accurate_as_the_last)))
    rows.append(_row(ORACLE, alone, lambda answers: answers.oracle))
    return pd.DataFrame(rows, columns=list(COLUMNS)).drop_duplicates(["rule", "gmacs", "top1"], ignore_index=True)


def _fixed(answers: Answers, place: int) -> Outcome:
    """Every clip at one count, which alone is paid."""
    clips = len(answers.labels)
    return Outcome(
        right=answers.right[place],
        cost=np.full(clips, answers.costs[place]),
        frames=np.full(clips, answers.counts[place]),
    )


def _row(rule: str, of_seeds: list[Answers], outcome: Callable[[Answers], Outcome]) -> tuple:
    outcomes = [outcome(answers) for answers in of_seeds]
    frames, cost = (float(np.mean([getattr(each, name) for each in outcomes])) for name in ("frames", "cost"))
    return rule, frames, cost, *accuracy_over_clips(np.stack([each.right for each in outcomes]).astype(float))
