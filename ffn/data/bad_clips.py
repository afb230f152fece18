"""Clips that cannot be read: reported, never replaced, and at most one in a hundred of those trained on."""

from collections.abc import Collection
from dataclasses import dataclass

TOLERATED_SHARE = 0.01


@dataclass(frozen=True, kw_only=True)
class BadClip:
    """What comes in the place of a clip that cannot be read; ``index`` is the video's place in its split."""

    index: int
    id: str
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def refuse_too_many(bad: Collection[BadClip], num_videos: int) -> None:
    """Raise ValueError when more than 1 % of ``num_videos`` training videos are ``bad``.

    A single one is always tolerated, unless it is the only video.
    """
    tolerated = min(max(1, TOLERATED_SHARE * num_videos), num_videos - 1)
    if len(bad) > tolerated:
        first = min(bad, key=lambda clip: clip.index)
        raise ValueError(
            f"{len(bad)} of {num_videos} training clips cannot be read, more than {TOLERATED_SHARE:.0%}: "
            f"mend the dataset, beginning with {first}"
        )
