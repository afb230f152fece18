"""What a rule costs and reaches that gives a clip more frames only while its answer is not sure.

The answers of one network (or of one per count) at K rising frame counts over N clips. A clip stops at the first count
whose confidence, the probability of the most probable class, reaches the threshold, or at the last; all counts up to
there are paid. A threshold is chosen on one half of the clips and its accuracy and cost are read on the other, and the
halves change places, so that no clip has a part in the choice by which it is judged.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from math import ceil

import numpy as np
import pandas as pd

BINS = 15
THRESHOLDS, NEVER = 400, 1.01
"""How many thresholds are tried, among the confidences that occur; and one that none reaches."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """counts (K,), rising; costs (K,) of a clip at each alone; labels (N,).

    classes, confidence (K, N): the most probable class at each count, and its probability.
    """

    counts: np.ndarray
    costs: np.ndarray
    labels: np.ndarray
    classes: np.ndarray
    confidence: np.ndarray

    @cached_property
    def right(self) -> np.ndarray:
        """(K, N): whether each count is right."""
        return self.classes == self.labels

    def stops(self, threshold: float) -> np.ndarray:
        """(N,): the place of the count at which each clip stops."""
        sure = self.confidence >= threshold
        sure[-1] = True
        return sure.argmax(axis=0)

    def outcome(self, places: np.ndarray) -> "Outcome":
        """Of clips that stop at ``places``."""
        clips = np.arange(len(self.labels))
        return Outcome(
            right=self.right[places, clips], cost=np.cumsum(self.costs)[places], frames=np.cumsum(self.counts)[places]
        )

    @cached_property
    def rules(self) -> pd.DataFrame:
        """threshold, and over all clips the accuracy and the mean cost of stopping by it."""
        thresholds = np.unique(np.append(self.confidence[:-1], [0.0, NEVER]))
        thresholds = np.append(thresholds[:: ceil(len(thresholds) / THRESHOLDS)], NEVER)
        outcomes = [self.outcome(self.stops(threshold)) for threshold in thresholds]
        means = [(outcome.right.mean(), outcome.cost.mean()) for outcome in outcomes]
        return pd.DataFrame(means, columns=["accuracy", "cost"]).assign(threshold=thresholds)

    @cached_property
    def halves(self) -> list[tuple[np.ndarray, "Answers"]]:
        """Two halves of the clips, drawn by chance: their places, and the answers about them."""
        order = np.random.default_rng(0).permutation(len(self.labels))
        parts = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
        return [(clips, self._about(clips)) for clips in parts]

    def _about(self, clips: np.ndarray) -> "Answers":
        taken = {
            "labels": self.labels[clips],
            "classes": self.classes[:, clips],
            "confidence": self.confidence[:, clips],
        }
        return replace(self, **taken)

    @property
    def oracle(self) -> "Outcome":
        """The cheapest count that is right, known beforehand; where none is, the cheapest of all."""
        places = np.where(self.right.any(axis=0), self.right.argmax(axis=0), 0)
        clips = np.arange(len(self.labels))
        return Outcome(right=self.right[places, clips], cost=self.costs[places], frames=self.counts[places])


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """Of every clip (N,): whether the answer is right, what was paid for it, and how many frames were seen."""

    right: np.ndarray
    cost: np.ndarray
    frames: np.ndarray


Choice = Callable[[Answers], float]
"""The threshold that is best by the clips of some answers."""


def most_accurate_within(budget: float) -> Choice:
    """The most accurate threshold whose mean cost is at most ``budget``; the cheapest where none is."""

    def choose(answers: Answers) -> float:
        rules = answers.rules
        affordable = rules[rules["cost"] <= max(budget, rules["cost"].min())]
        return affordable.sort_values(["accuracy", "cost"], ascending=[False, True])["threshold"].iloc[0]

    return choose


def as_accurate_as_the_last(answers: Answers) -> float:
    """The cheapest threshold that is at least as accurate as the last count alone; the most accurate where none is."""
    rules = answers.rules
    good = rules[rules["accuracy"] >= min(answers.right[-1].mean(), rules["accuracy"].max())]
    return good.sort_values("cost")["threshold"].iloc[0]


def crossed(answers: Answers, choose: Choice) -> Outcome:
    """Each half of the clips under the threshold that is chosen on the other half."""
    places = np.zeros(len(answers.labels), int)
    for (clips, judged), (_, other) in permutations(answers.halves):
        places[clips] = judged.stops(choose(other))
    return answers.outcome(places)


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error (Guo et al., 2017): the mean distance between confidence and accuracy, in points, over
    15 bins of equal width, by their numbers of clips."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    clips = np.bincount(bins, minlength=BINS)
    distance = np.abs(np.bincount(bins, confidence, BINS) - np.bincount(bins, right, BINS))
    return 100 * float(distance.sum() / clips.sum())


def averaged(classes: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Classes and confidence (K, N) of the mean of each count's answer with those of the counts before.

    ``classes``, ``probabilities`` (K, N, 5): the five most probable; what is not among them counts as 0.
    """
    counts, clips, _ = classes.shape
    total = np.zeros((clips, classes.max() + 1))
    rows = np.broadcast_to(np.arange(clips)[:, None], classes.shape[1:])
    found, confidence = np.empty((counts, clips), int), np.empty((counts, clips))
    for place in range(counts):
        known = classes[place] >= 0
        np.add.at(total, (rows[known], classes[place][known]), probabilities[place][known])
        found[place], confidence[place] = total.argmax(axis=1), total.max(axis=1) / (place + 1)
    return found, confidence
