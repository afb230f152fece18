"""How certain the numbers are: what the intervals cover, and which differences are established."""

from collections.abc import Sequence

import numpy as np

from analysis.comparison.comparison import Comparison
from analysis.comparison.differences import ArmDifference, differences
from analysis.comparison.ranking import recovering_arms
from analysis.reading.protocol import Protocol
from analysis.wording.formatting import difference_phrase, p_phrase


def seeds_per_arm(comparisons: Sequence[Comparison]) -> tuple[int, int]:
    """The fewest and the most seeds of an arm."""
    per_arm = [comparison.rows.groupby("arm")["seed"].nunique() for comparison in comparisons]
    return min(seeds.min() for seeds in per_arm), max(seeds.max() for seeds in per_arm)


def one_or_range(fewest: int, most: int) -> str:
    """3, or 1 to 3."""
    return f"{most}" if fewest == most else f"{fewest} to {most}"


def seed_sentence(comparison: Comparison, protocol: Protocol) -> str:
    """What the intervals cover, and what they do not."""
    fewest, most = seeds_per_arm([comparison])
    if most <= 1:
        return (
            f"One seed per arm: intervals cover the choice of {protocol.split} clips only, so an established difference"
            " holds between these networks. One seed cannot tell how much another initialisation or order of clips"
            " would change the numbers, so differences of a few points between methods are not established."
        )
    seeds = one_or_range(fewest, most)
    single = " An arm with one seed has an interval over clips alone." if fewest == 1 else ""
    if comparison.predictions is None:
        return (
            f"{seeds} seeds per arm: numbers are means, intervals are 95 % Student's t intervals over seeds.{single}"
            f" All seeds share the same {protocol.split} clips, so the intervals do not cover the choice of clips."
        )
    return (
        f"{seeds} seeds per arm: numbers are means, and 95 % intervals cover both the seeds and the choice of"
        f" {protocol.split} clips.{single} With so few seeds an interval is wide because the spread between seeds is"
        " itself uncertain; a difference that is not established may still exist."
    )


def significance_sentences(comparison: Comparison, protocol: Protocol) -> list[str]:
    """The best plain arm against Separated Training at the lowest count, and how much of all is established."""
    found = differences(comparison)
    if not found:
        return []
    other, rows = next(iter(found.items()))
    return [*_best_against(comparison, protocol, rows), *_established(rows, other)]


def _best_against(comparison: Comparison, protocol: Protocol, rows: list[ArmDifference]) -> list[str]:
    best, low = next(iter(recovering_arms(comparison)), None), comparison.lowest
    row = next((row for row in rows if (row.arm, row.count) == (best, low)), None)
    if row is None:
        return []
    sentence = f"On the same clips at {protocol.at(low)}, {best} is {difference_phrase(row.difference, row.other)}"
    if np.isnan(row.adjusted):
        return [f"{sentence}."]
    verdict = "established" if row.established else "not established"
    return [f"{sentence}: {verdict} ({p_phrase(row.adjusted)} after Holm's correction)."]


def _established(rows: list[ArmDifference], other: str) -> list[str]:
    tested = [row for row in rows if not np.isnan(row.adjusted)]
    identical = sum(row.difference.identical for row in rows)
    if identical == len(rows):
        return [f"Every arm answers all clips as {other} does: there is nothing to test."]
    if not tested:
        return [f"No difference from {other} can be tested: there is one seed and there are no predictions."]
    found = sum(row.established for row in tested)
    verb = "is" if found == 1 else "are"
    sentences = [f"Of the {len(tested)} differences of all arms from {other}, {found} {verb} established."]
    if len(tested) == 1:
        sentences = [f"The one difference of an arm from {other} is {'' if found else 'not '}established."]
    if identical:
        sentences.append(f"{identical} more {'is' if identical == 1 else 'are'} none: the answers are identical.")
    return [" ".join(sentences)]
