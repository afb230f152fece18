"""Gap and recovery: what the arms of one backbone reach at each frame count, at their chosen settings."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.arms import SEPARATED, order_arms
from analysis.selection import Results
from analysis.statistics import Estimate, accuracy_estimate, mean_estimate, ratio_estimate
from analysis.tables import trained_counts


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The arms of one backbone.

    rows: the chosen evaluations, one per arm, seed and evaluated count.
    highest: the highest count at which TSM trains (evaluated or not). baseline: that TSM's arm, None until evaluated.
    """

    backbone: str
    rows: pd.DataFrame
    highest: int | None
    baseline: str | None

    @property
    def arms(self) -> list[str]:
        return order_arms(self.rows)

    def arm_rows(self, label: str) -> pd.DataFrame:
        """The rows of one arm: one per seed and evaluated count."""
        return self.rows[self.rows["arm"] == label]

    def arm(self, label: str) -> pd.Series:
        """The first row of an arm: its role, variant, train_frames, lr."""
        return self.arm_rows(label).iloc[0]

    @property
    def lowest(self) -> int | None:
        """The end of the TFD gap: the lowest count below `highest` at which some arm was trained.

        Where no arm was trained lower it is the lowest evaluated; None where the baseline has no lower count.
        """
        return next(iter(self.recovery_counts() or self._counts_below_highest()), None)

    def evaluated_counts(self, label: str) -> list[int]:
        return sorted(self.arm_rows(label)["eval_frames"].astype(int).unique())

    def top1_by_seed(self, label: str, count: int) -> pd.Series:
        """Top-1 in percent at `count` frames, indexed by seed."""
        rows = self.arm_rows(label)
        return rows[rows["eval_frames"] == count].groupby("seed", dropna=False)["top1"].mean()

    def accuracy(self, label: str, count: int) -> Estimate | None:
        """Top-1 at `count` frames with its interval (over clips for one seed, else over seeds); None if absent."""
        top1 = self.top1_by_seed(label, count)
        if top1.empty:
            return None
        return accuracy_estimate(top1.tolist(), int(self.arm(label)["clips"]))

    def gap(self, label: str) -> Estimate | None:
        """TFD gap in points: top-1 at `highest` minus top-1 at `lowest`, paired by seed; None if either is absent."""
        differences = self._difference(label, self.highest, label, self.lowest)
        return None if differences.empty else mean_estimate(differences.tolist())

    def reference(self, count: int) -> tuple[str, int] | None:
        """What full recovery at `count` means: Separated Training there, or else the baseline at its own count."""
        for label in self.arms:
            arm = self.arm(label)
            if arm["role"] == SEPARATED and trained_counts(arm["train_frames"]) == (count,):
                return label, count
        return (self.baseline, self.highest) if self.baseline else None

    def recovery(self, label: str, count: int) -> Estimate | None:
        """Share of the baseline's shortfall from the reference at `count` that the arm closes, paired by seed.

        None where an accuracy is absent or the baseline does not fall short: a share of noise means nothing.
        """
        reference = self.reference(count)
        if reference is None or not self.falls_short(count, reference):
            return None
        gained = self._difference(label, count, self.baseline, count)
        missing = self._difference(*reference, self.baseline, count)
        paired = pd.concat([gained, missing], axis=1, join="inner")
        estimate = ratio_estimate(paired.iloc[:, 0], paired.iloc[:, 1])
        return None if np.isnan(estimate.value) else estimate

    def falls_short(self, count: int, reference: tuple[str, int]) -> bool:
        """Whether the baseline at `count` lies below (arm, count) `reference` by more than its interval over clips."""
        top1, target = self.top1_by_seed(self.baseline, count), self.top1_by_seed(*reference)
        if top1.empty or target.empty:
            return False
        return accuracy_estimate([top1.mean()], int(self.arm(self.baseline)["clips"])).high < target.mean()

    def recovery_counts(self) -> list[int]:
        """The counts below `highest` at which the baseline is evaluated and some arm was trained, rising."""
        trained = {count for frames in self.rows["train_frames"].unique() for count in trained_counts(frames)}
        return [count for count in self._counts_below_highest() if count in trained]

    def _counts_below_highest(self) -> list[int]:
        if self.baseline is None:
            return []
        return [count for count in self.evaluated_counts(self.baseline) if count < self.highest]

    def _difference(self, label: str, count: int, other_label: str, other_count: int) -> pd.Series:
        return (self.top1_by_seed(label, count) - self.top1_by_seed(other_label, other_count)).dropna()


def compare(results: Results) -> list[Comparison]:
    """One comparison per backbone that has evaluations, in the order of their names."""
    chosen = results.evaluations[results.evaluations["chosen"]]
    return [
        _compare_backbone(backbone, rows, results.highest_tsm.get(backbone))
        for backbone, rows in chosen.groupby("backbone", sort=True)
    ]


def _compare_backbone(backbone: str, rows: pd.DataFrame, highest: int | None) -> Comparison:
    at_highest = rows[(rows["role"] == "tsm") & (rows["eval_frames"] == highest)].sort_values("variant")
    baseline = None if at_highest.empty else at_highest["arm"].iloc[0]
    return Comparison(backbone=backbone, rows=rows, highest=highest, baseline=baseline)
