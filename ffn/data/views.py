"""Views: the clips and crops of one video whose predictions an evaluation averages."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Views:
    """``clips`` over time times ``crops`` over space; "2x3" in tables. Raises ValueError with the field's name.

    Clip k takes the frame at (0.5 + k / clips) mod 1 of each segment: the first is the centre clip, and the clips are
    evenly spaced. All T-frame clips of a video with at most T frames are equal. With random sampling each clip is
    another draw. One crop is the centre; three are the start, centre and end of the longer side.
    """

    clips: int = 1
    crops: int = 1

    def __post_init__(self) -> None:
        if type(self.clips) is not int or self.clips < 1:
            raise ValueError(f"clips must be an integer of 1 or more, got {self.clips!r}")
        if self.crops not in (1, 3):
            raise ValueError(f"crops must be 1 or 3, got {self.crops!r}")

    def __len__(self) -> int:
        return self.clips * self.crops

    def __str__(self) -> str:
        return f"{self.clips}x{self.crops}"

    @property
    def positions(self) -> tuple[float, ...]:
        """The position, from 0 to 1, at which each clip takes its frame of a segment."""
        return tuple((0.5 + clip / self.clips) % 1 for clip in range(self.clips))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Inverse of ``str``. Raises ValueError."""
        clips, _, crops = text.partition("x")
        if not (clips.isdecimal() and crops.isdecimal()):
            raise ValueError(f"views must be clips x crops, such as 2x3, got {text!r}")
        return cls(clips=int(clips), crops=int(crops))
