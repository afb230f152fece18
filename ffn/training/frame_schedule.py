"""Frame schedules: the frame counts trained in each step, as data.

Each draw is keyed by (seed, step), so a schedule can be replayed from any step.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from ffn.models.frame_context import validated_frame_counts

FrameSet = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A share of the training in which every step draws one of ``frame_sets``.

    ``probabilities`` has one entry per frame set (empty: all equal). ``share`` is the phase's length relative to the
    other phases. With ``restart`` the learning-rate schedule restarts at the phase.
    """

    frame_sets: tuple[FrameSet, ...]
    probabilities: tuple[float, ...] = ()
    share: float = 1.0
    restart: bool = False

    def __post_init__(self) -> None:
        if not self.frame_sets:
            raise ValueError("frame_sets must hold at least one frame set")
        object.__setattr__(self, "frame_sets", tuple(validated_frame_counts(counts) for counts in self.frame_sets))
        object.__setattr__(self, "probabilities", tuple(self.probabilities))
        if self.share <= 0:
            raise ValueError(f"share must be above 0, got {self.share}")
        self._check_probabilities()

    def _check_probabilities(self) -> None:
        if not self.probabilities:
            return
        if len(self.probabilities) != len(self.frame_sets) or min(self.probabilities) < 0:
            raise ValueError(f"probabilities must be one non-negative number per frame set, got {self.probabilities}")
        if abs(sum(self.probabilities) - 1) > 1e-9:
            raise ValueError(f"probabilities must add up to 1, got {self.probabilities}")

    @property
    def frame_counts(self) -> FrameSet:
        """Every count that is trained at some step, in ascending order."""
        return tuple(sorted({count for counts in self.frame_sets for count in counts}))

    def draw(self, seed: int, step: int) -> FrameSet:
        """The frame set of ``step``."""
        if len(self.frame_sets) == 1:
            return self.frame_sets[0]
        choice = np.random.default_rng((seed, step)).choice(len(self.frame_sets), p=self.probabilities or None)
        return self.frame_sets[choice]

    def expected(self, steps: int) -> list[tuple[FrameSet, float]]:
        """Each frame set with the expected number of its draws in ``steps`` steps."""
        probabilities = self.probabilities or [1 / len(self.frame_sets)] * len(self.frame_sets)
        return [(counts, probability * steps) for counts, probability in zip(self.frame_sets, probabilities)]


@dataclass(frozen=True, kw_only=True)
class FrameSchedule:
    """step -> the frame counts trained in that step: a sequence of phases.

    What takes ``total_steps`` raises ValueError if there are fewer than phases.
    """

    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "phases", tuple(self.phases))
        if not self.phases:
            raise ValueError("phases must hold at least one phase")

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Every count that is trained at some step, in ascending order."""
        return tuple(sorted({count for phase in self.phases for count in phase.frame_counts}))

    @property
    def name(self) -> str:
        """Its form in tables: "16", "4+8+16", and "16->4" for phases of different counts."""
        names = ["+".join(map(str, phase.frame_counts)) for phase in self.phases]
        return "->".join(name for name, before in zip(names, [None, *names]) if name != before)

    def frame_set(self, step: int, *, total_steps: int, seed: int) -> FrameSet:
        """The frame counts trained in ``step`` (from 0) of ``total_steps``."""
        return self._phase_at(step, total_steps).draw(seed, step)

    def expected(self, total_steps: int) -> dict[FrameSet, float]:
        """Expected number of steps of each frame set in ``total_steps`` steps."""
        starts = self._starts(total_steps)
        drawn: dict[FrameSet, float] = defaultdict(float)
        for phase, start, end in zip(self.phases, starts, (*starts[1:], total_steps)):
            for counts, times in phase.expected(end - start):
                drawn[counts] += times
        return dict(drawn)

    def progress(self, step: int, *, total_steps: int) -> float:
        """Progress of the learning-rate schedule at ``step``, from 0 to 1, since the last restart."""
        starts = self._starts(total_steps)
        restarts = [start for start, phase in zip(starts, self.phases) if phase.restart or start == 0]
        begin = max(start for start in restarts if start <= step)
        end = min((start for start in restarts if start > step), default=total_steps)
        return (step - begin) / (end - begin)

    def _phase_at(self, step: int, total_steps: int) -> Phase:
        begun = sum(start <= step for start in self._starts(total_steps))
        return self.phases[begun - 1]

    def _starts(self, total_steps: int) -> tuple[int, ...]:
        return _phase_starts(tuple(phase.share for phase in self.phases), total_steps)


@cache
def _phase_starts(shares: tuple[float, ...], total_steps: int) -> tuple[int, ...]:
    """The first step of each phase, which has at least one; cached, as every step needs it."""
    if total_steps < len(shares):
        raise ValueError(f"schedule: {len(shares)} phases cannot share {total_steps} training steps: take more epochs")
    ends = np.round(np.cumsum(shares) / sum(shares) * total_steps).astype(int)
    places = np.arange(len(shares))
    starts = np.maximum.accumulate(np.array([0, *ends[:-1]]) - places) + places
    return tuple(np.minimum(starts, total_steps - len(shares) + places).tolist())


def constant(*frame_counts: int) -> FrameSchedule:
    """The same frame set in every step: TSM at 16 is ``constant(16)``, FFN ``constant(4, 8, 16)``."""
    return FrameSchedule(phases=(Phase(frame_sets=(frame_counts,)),))


def proportional(high: int, low: int, *, probability: float) -> FrameSchedule:
    """Each step trains at ``high`` frames with ``probability``, else at ``low`` (FFN paper, Table 1)."""
    return FrameSchedule(phases=(Phase(frame_sets=((high,), (low,)), probabilities=(probability, 1 - probability)),))


def mixed(high: int, low: int, *, probability: float) -> FrameSchedule:
    """With ``probability`` a step has both counts, for the objective ``Mixed``; else ``high`` alone (Table 1)."""
    phase = Phase(frame_sets=((high, low), (high,)), probabilities=(probability, 1 - probability))
    return FrameSchedule(phases=(phase,))


def in_phases(*frame_sets: Sequence[int]) -> FrameSchedule:
    """Equally long phases under one learning-rate schedule: a curriculum."""
    return FrameSchedule(phases=tuple(Phase(frame_sets=(tuple(counts),)) for counts in frame_sets))


def fine_tuned(first: int, then: int, *, share: float) -> FrameSchedule:
    """Training at ``first`` frames, then for ``share`` of all steps at ``then``, with the learning rate restarted."""
    return FrameSchedule(
        phases=(
            Phase(frame_sets=((first,),), share=1 - share),
            Phase(frame_sets=((then,),), share=share, restart=True),
        )
    )


def sampled(*frame_sets: Sequence[int]) -> FrameSchedule:
    """Each step draws one of ``frame_sets``, all equally likely."""
    return FrameSchedule(phases=(Phase(frame_sets=tuple(tuple(counts) for counts in frame_sets)),))


def sandwich(*frame_counts: int, between: int = 1) -> FrameSchedule:
    """Each step trains the highest and the lowest of ``frame_counts``, and ``between`` of the others at random.

    Raises ValueError if there are fewer others. (The sandwich rule of slimmable networks, arXiv 1903.05134.)
    """
    low, *others, high = validated_frame_counts(frame_counts)
    if not 1 <= between <= len(others):
        raise ValueError(f"between must be at least 1 and at most the {len(others)} counts between, got {between}")
    return sampled(*((low, *drawn, high) for drawn in combinations(others, between)))
