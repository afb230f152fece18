"""What is measured of every trial of a study."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from ffn.data.videos import Split
from ffn.evaluation.protocol import PLAIN, EvaluationProtocol


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The frame counts, the split and the further protocols ``others`` of the results, and the frame counts validated
    during training."""

    eval_frames: tuple[int, ...]
    eval_split: Split
    others: tuple[EvaluationProtocol, ...] = ()
    validation_frames: tuple[int, ...] = ()

    @property
    def all(self) -> tuple[EvaluationProtocol, ...]:
        """The paper's protocol and the further ones, in the order of the tables."""
        return (PLAIN, *self.others)

    def missing(
        self, evaluated: Mapping[EvaluationProtocol, Set[int]]
    ) -> dict[tuple[int, ...], tuple[EvaluationProtocol, ...]]:
        """What is left to evaluate of a network of which ``evaluated`` has the frame counts by protocol: the protocols
        by the frame counts that each lacks."""
        missing: dict[tuple[int, ...], tuple[EvaluationProtocol, ...]] = {}
        for protocol in self.all:
            known = evaluated.get(protocol, frozenset())
            if frames := tuple(count for count in self.eval_frames if count not in known):
                missing[frames] = (*missing.get(frames, ()), protocol)
        return missing
