"""How the shown accuracies were measured, and the words for it."""

from dataclasses import dataclass

from analysis.reading.selection import Results
from analysis.reading.tables import Study


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How every shown accuracy was measured. chance: top-1 of guessing in percent, 0 where the classes are unknown.

    folds: how many folds the data has, of which each was predicted by a network that was trained on the others; or 0.
    """

    split: str
    selection: str
    sampling: str
    clips: int
    clips_per_video: int
    crops: int
    chance: float
    folds: int = 0

    def at(self, count: int) -> str:
        """frames x clips x crops, beside every accuracy."""
        return f"{count}×{self.clips_per_video}×{self.crops}"

    @property
    def views(self) -> str:
        return f"× {_plural(self.clips_per_video, 'clip')} × {_plural(self.crops, 'crop')}"

    @property
    def epoch(self) -> str:
        return "last epoch" if self.selection == "last" else "best epoch, chosen on validation"


def read_protocol(study: Study, results: Results) -> Protocol | None:
    """The protocol of the shown evaluations; None where there are none."""
    if results.split is None:
        return None
    clips_per_video, crops = map(int, results.views.split("x"))
    num_classes = (study.record.get("data") or {}).get("num_classes")
    return Protocol(
        split=results.split,
        selection=results.selection,
        sampling=results.sampling,
        clips=int(results.shown["clips"].max()),
        clips_per_video=clips_per_video,
        crops=crops,
        chance=100 / num_classes if num_classes else 0.0,
        folds=study.folds.number,
    )


def protocol_sentence(protocol: Protocol) -> str:
    """Where and how the accuracies were measured, and how learning rates were chosen."""
    return (
        f"Accuracies are top-1 on {_clips(protocol)}, {protocol.epoch}, written with"
        " frames × clips × crops; brackets hold 95 % intervals. Each arm is shown at its best learning rate: the one"
        " with the highest validation accuracy at the last epoch, mean over the frame counts that the arm trains."
        f" {_choice_caution(protocol)}"
    )


def _clips(protocol: Protocol) -> str:
    unseen = ": every clip is predicted by a network that has not seen it" if protocol.folds else ""
    return clips_of(protocol) + unseen


def clips_of(protocol: Protocol, data: str = "") -> str:
    """The clips over which accuracies are means, and the name of their dataset if ``data`` gives it."""
    of_data = f" of {data}" if data else ""
    if protocol.folds:
        return f"{protocol.clips:,} clips{of_data} in {protocol.folds} folds"
    return f"the {protocol.split} split{of_data} ({protocol.clips:,} clips)"


def _choice_caution(protocol: Protocol) -> str:
    if protocol.split == "test":
        return "The test split was used for no choice."
    if protocol.folds:
        return (
            "Learning rates and best epochs were chosen on the same clips that the results are shown on: where several"
            " were tried, accuracies are slightly optimistic."
        )
    return (
        "The tables have no test split, so learning rates were chosen on the same clips that the results are shown on:"
        " accuracies are slightly optimistic."
    )


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
