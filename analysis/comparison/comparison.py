"""Gap and recovery: what the arms of one backbone reach at each frame count, at their chosen settings."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.reading.arms import order_arms
from analysis.reading.predictions import Network, Predictions, read_predictions
from analysis.reading.roles import SEPARATED
from analysis.reading.selection import Results
from analysis.reading.tables import Study, trained_counts
from analysis.statistics.clip_statistics import accuracy_over_clips, aligned, paired_difference, ratio_over_clips
from analysis.statistics.estimates import (
    IDENTICAL,
    Difference,
    Estimate,
    accuracy_estimate,
    difference_by_seed,
    ratio_estimate,
)

SHOWN_ARMS = 24
BACKBONES = 16
"""Comparisons whose ranking and differences are kept, so that one report computes them once."""
Point = tuple[str, int]
"""An arm at one evaluated frame count."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """The arms of one backbone.

    rows: the chosen evaluations, one per arm, seed and evaluated count. hidden_arms: how many arms were left out.
    plain: what its network is called that is no FFN, such as TSM. highest: the highest count at which that trains
    (evaluated or not). baseline: that network's arm, None until evaluated.
    predictions: of the networks in `rows`; None where the study has none, and intervals come from the seeds alone.
    """

    backbone: str
    plain: str
    rows: pd.DataFrame
    highest: int | None
    baseline: str | None
    predictions: Predictions | None = None
    hidden_arms: int = 0

    @cached_property
    def arms(self) -> list[str]:
        return order_arms(self.rows)

    def arm_rows(self, label: str) -> pd.DataFrame:
        """The rows of one arm: one per seed and evaluated count."""
        return self.rows[self.rows["arm"] == label]

    def arm(self, label: str) -> pd.Series:
        """The first row of an arm: its role, variant, train_frames, lr."""
        return self._first_rows.loc[label]

    @cached_property
    def lowest(self) -> int | None:
        """The end of the TFD gap: the lowest count below `highest` at which some arm was trained.

        Where no arm was trained lower it is the lowest evaluated; None where the baseline has no lower count.
        """
        return next(iter(self.recovery_counts() or self.counts_below_highest()), None)

    def evaluated_counts(self, label: str) -> list[int]:
        return sorted(count for arm, count in self._top1 if arm == label)

    def arms_at(self, count: int) -> list[str]:
        """The arms that are evaluated at `count` frames."""
        return [label for label in self.arms if (label, count) in self._top1]

    def top1_by_seed(self, label: str, count: int) -> pd.Series:
        """Top-1 in percent at `count` frames, indexed by seed."""
        return self._top1.get((label, count), pd.Series(dtype=float))

    def accuracy(self, label: str, count: int) -> Estimate | None:
        """Top-1 at `count` frames with its interval over clips, and over seeds where there are several; None if absent.

        Without predictions several seeds have an interval over seeds alone.
        """
        top1 = self.top1_by_seed(label, count)
        if top1.empty:
            return None
        outcomes = self._paired((label, count))
        if outcomes is None or len(outcomes[0]) < len(top1):
            return accuracy_estimate(top1.tolist(), int(self.arm(label)["clips"]))
        return accuracy_over_clips(outcomes[0])._replace(value=float(top1.mean()))

    def difference(self, label: str, count: int, other: str, other_count: int) -> Difference | None:
        """Top-1 of an arm minus another's, on the same seeds and clips; None if either is absent or they share no seed.

        Without predictions the interval and the test use the seeds alone.
        """
        paired = difference_over_clips(self, (label, count), self, (other, other_count))
        if paired is not None:
            return paired
        by_seed = self._by_seed((label, count), (other, other_count))
        return None if by_seed.empty else difference_by_seed((by_seed[0] - by_seed[1]).tolist())

    def gap(self, label: str) -> Estimate | None:
        """TFD gap in points: top-1 at `highest` minus top-1 at `lowest`, paired; None if either is absent."""
        difference = self.difference(label, self.highest, label, self.lowest)
        return difference and difference.estimate

    def reference(self, count: int) -> Point | None:
        """The point of full recovery at `count`: Separated Training there, or else the baseline at its own count."""
        separated = self.separated(count)
        return (separated, count) if separated else (self.baseline, self.highest) if self.baseline else None

    def separated(self, count: int, variant: str = "") -> str | None:
        """The arm of Separated Training, of one variant, whose network is trained and evaluated at `count`."""
        found = self._first_rows[(self._first_rows["role"] == SEPARATED) & (self._first_rows["variant"] == variant)]
        trained = {trained_counts(frames): label for label, frames in found["train_frames"].items()}
        return trained.get((count,)) if (trained.get((count,)), count) in self._top1 else None

    def recovery(self, label: str, count: int) -> Estimate | None:
        """Share of the baseline's shortfall from the reference at `count` that the arm closes, paired.

        None where an accuracy is absent or the baseline does not fall short: a share of noise means nothing.
        """
        reference = self.reference(count)
        if reference is None or not self.falls_short(count, reference):
            return None
        points = [(label, count), (self.baseline, count), reference]
        outcomes = self._paired(*points)
        if outcomes is not None:
            arm, baseline, target = outcomes
            estimate = ratio_over_clips(arm - baseline, target - baseline)
        else:
            by_seed = self._by_seed(*points)
            estimate = ratio_estimate(by_seed[0] - by_seed[1], by_seed[2] - by_seed[1])
        return None if np.isnan(estimate.value) else estimate

    def falls_short(self, count: int, reference: Point) -> bool:
        """Whether the baseline at `count` lies below (arm, count) `reference`: the interval of their difference does.

        One seed without predictions has none; there the reference must lie above the baseline's interval over clips.
        """
        difference = self.difference(self.baseline, count, *reference)
        if difference is None or difference.identical:
            return False
        if not np.isnan(difference.estimate.high):
            return bool(difference.estimate.high < 0)
        top1, target = self.top1_by_seed(self.baseline, count), self.top1_by_seed(*reference)
        return accuracy_estimate([top1.mean()], int(self.arm(self.baseline)["clips"])).high < target.mean()

    def recovery_counts(self) -> list[int]:
        """The counts below `highest` at which the baseline is evaluated and some arm was trained, rising."""
        trained = {count for frames in self.rows["train_frames"].unique() for count in trained_counts(frames)}
        return [count for count in self.counts_below_highest() if count in trained]

    def counts_below_highest(self) -> list[int]:
        """The counts below `highest` at which the baseline is evaluated, rising."""
        if self.baseline is None:
            return []
        return [count for count in self.evaluated_counts(self.baseline) if count < self.highest]

    def outcomes(self, label: str, count: int) -> pd.DataFrame | None:
        """Which clips (rows) each seed (column) of an arm has right at `count` frames; None without predictions."""
        return self._correct.get((label, count))

    def networks(self, label: str, count: int) -> list[Network]:
        """An arm's networks at one frame count, as predictions know them."""
        return [network for _, network in self.seeded_networks(label, count)]

    def seeded_networks(self, label: str, count: int) -> list[tuple[float, Network]]:
        """Seed and network of each of an arm's networks at one frame count."""
        rows = self.arm_rows(label)
        rows = rows[rows["eval_frames"] == count]
        return list(zip(rows["seed"], networks_of(rows)))

    @cached_property
    def _first_rows(self) -> pd.DataFrame:
        return self.rows.drop_duplicates("arm").set_index("arm", drop=False)

    @cached_property
    def _top1(self) -> dict[Point, pd.Series]:
        by_seed = self.rows.groupby(["arm", "eval_frames", "seed"], dropna=False)["top1"].mean()
        return {
            (arm, int(count)): top1.droplevel([0, 1]) for (arm, count), top1 in by_seed.groupby(level=[0, 1], sort=True)
        }

    @cached_property
    def _correct(self) -> dict[Point, pd.DataFrame]:
        """Per arm and count, which clips (rows) each seed (column) has right, where predictions hold them all."""
        if self.predictions is None:
            return {}
        found = {}
        for (arm, count), rows in self.rows.groupby(["arm", "eval_frames"]):
            correct = self.predictions.correct(networks_of(rows))
            if correct is not None and not correct.empty:
                found[arm, int(count)] = _mean_of_equal_seeds(correct.set_axis(rows["seed"].to_numpy(), axis="columns"))
        return found

    def _paired(self, *points: Point) -> list[np.ndarray] | None:
        """The outcomes of each point, (S, N), over the seeds and clips that all of them have; None without any."""
        tables = [self.outcomes(*point) for point in points]
        return None if any(table is None for table in tables) else aligned(tables)

    def _by_seed(self, *points: Point) -> pd.DataFrame:
        """Top-1 of each point (column) by seed, over the seeds that all of them have."""
        return pd.concat([self.top1_by_seed(*point) for point in points], axis=1, join="inner").set_axis(
            range(len(points)), axis="columns"
        )


def compare(study: Study, results: Results) -> list[Comparison]:
    """One comparison per backbone that has evaluations, in the order of their names.

    Of more than SHOWN_ARMS arms, plain TSM, Separated Training and plain methods come first, then the highest means.
    """
    chosen = results.evaluations[results.evaluations["chosen"]]
    shown = {backbone: _shown_arms(rows) for backbone, rows in chosen.groupby("backbone", sort=True)}
    networks = [network for rows in shown.values() for network in networks_of(rows)]
    predictions = (
        read_predictions(study.folder, results.split, results.selection, networks, study.folds) if networks else None
    )
    hidden = chosen.groupby("backbone")["arm"].nunique()
    return [
        _compare_backbone(
            backbone,
            rows,
            highest=results.highest_tsm.get(backbone),
            predictions=predictions,
            hidden_arms=int(hidden[backbone]) - rows["arm"].nunique(),
        )
        for backbone, rows in shown.items()
    ]


def difference_over_clips(one: Comparison, point: Point, other: Comparison, other_point: Point) -> Difference | None:
    """Top-1 at a point of one comparison minus that at a point of the same or another, over the seeds and clips that
    both have; IDENTICAL where the answers are. None where the predictions of either are unknown, or nothing is shared.
    """
    tables = [one.outcomes(*point), other.outcomes(*other_point)]
    outcomes = None if any(table is None for table in tables) else aligned(tables)
    if outcomes is None:
        return None
    if np.array_equal(*outcomes) and _answer_alike(one, point, other, other_point):
        return IDENTICAL
    return paired_difference(*outcomes)


def _answer_alike(one: Comparison, point: Point, other: Comparison, other_point: Point) -> bool:
    """Whether in every seed that both have all networks take each clip for the same class with the same probability.

    Equal outcomes alone say less: two networks that are right on every clip may still differ on the next one. Where
    the probabilities are unknown the networks are taken to differ.
    """
    return all(
        _are_alike(one.predictions.answers(network), other.predictions.answers(other_network))
        for seed, network in one.seeded_networks(*point)
        for other_seed, other_network in other.seeded_networks(*other_point)
        if seed == other_seed
    )


def _are_alike(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    clips = one.index.intersection(other.index)
    return bool((one.loc[clips] == other.loc[clips]).all(axis=None))


def networks_of(rows: pd.DataFrame) -> list[Network]:
    """The networks of evaluations, a row each, as predictions know them."""
    return [
        Network(row.trial, row.adaptation, row.sampling, row.views, int(row.eval_frames)) for row in rows.itertuples()
    ]


def _compare_backbone(backbone: str, rows: pd.DataFrame, *, highest: int | None, **facts) -> Comparison:
    at_highest = rows[(rows["role"] == "tsm") & (rows["eval_frames"] == highest)].sort_values("variant")
    baseline = None if at_highest.empty else at_highest["arm"].iloc[0]
    plain = next(iter(rows.loc[rows["method"] == "tsm", "plain"]), "TSM")
    return Comparison(backbone=backbone, plain=plain, rows=rows, highest=highest, baseline=baseline, **facts)


def _shown_arms(rows: pd.DataFrame) -> pd.DataFrame:
    if rows["arm"].nunique() <= SHOWN_ARMS:
        return rows
    arms = rows.groupby("arm").agg(role=("role", "first"), variant=("variant", "first"), top1=("top1", "mean"))
    ranked = arms.assign(later=~arms["role"].isin(["tsm", SEPARATED]), varied=arms["variant"] != "").sort_values(
        ["varied", "later", "top1"], ascending=[True, True, False]
    )
    return rows[rows["arm"].isin(ranked.index[:SHOWN_ARMS])]


def _mean_of_equal_seeds(correct: pd.DataFrame) -> pd.DataFrame:
    """Trials that share arm and seed count as one."""
    if correct.columns.is_unique:
        return correct
    return correct.T.groupby(level=0, dropna=False).mean().T
