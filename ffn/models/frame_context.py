"""State shared by the layers of a network in a forward pass: clip length and the trained frame count in use."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn


def nearest_count(frame_counts: Sequence[int], num_frames: int) -> int:
    """The trained frame count nearest to ``num_frames``; on a tie the higher (FFN paper, section 3.4)."""
    return min(frame_counts, key=lambda count: (abs(count - num_frames), -count))


def validated_frame_counts(frame_counts: Sequence[int]) -> tuple[int, ...]:
    """``frame_counts`` in ascending order.

    Raises ValueError if there is none, one is repeated, or one is not a positive integer.
    """
    counts = tuple(sorted(frame_counts))
    if not counts or len(set(counts)) != len(counts) or any(int(count) != count or count < 1 for count in counts):
        raise ValueError(f"frame_counts must be different positive integers, got {tuple(frame_counts)}")
    return counts


class FrameContext:
    """Set once per forward pass by the network, read by its layers.

    ``trained_count`` is the count whose private parts are in use, ``shift_window`` the number of frames that the shift
    treats as one clip: the clip's length. If ``training_window`` is set, the window has that length in training, as in
    the released FFN code; the shift of shorter clips then reaches into neighbouring clips of the batch. A batch whose
    frames do not divide into such windows, as bad clips can cause, is shifted clip by clip.
    """

    def __init__(self, training_window: int | None = None) -> None:
        self.frame_counts: tuple[int, ...] = ()
        self.training_window = training_window
        self.trained_count = self.shift_window = 0

    def enter(self, num_clips: int, num_frames: int, *, training: bool) -> None:
        """Prepare for ``num_clips`` clips of ``num_frames`` frames each."""
        self.trained_count = nearest_count(self.frame_counts or (num_frames,), num_frames)
        window = self.training_window if training and self.training_window else num_frames
        self.shift_window = num_frames if num_clips * num_frames % window else window


class PerFrameCount(nn.ModuleDict):
    """One module per trained frame count; the current clip's length selects the one that runs."""

    def __init__(self, modules: Mapping[int, nn.Module], context: FrameContext) -> None:
        super().__init__({str(count): module for count, module in modules.items()})
        self.context = context

    @property
    def in_use(self) -> nn.Module:
        """The module for the current clip."""
        return self[str(self.context.trained_count)]

    def __getattr__(self, name: str) -> Any:
        """Its own attributes, else those of the module in use: networks read a layer's ``eps`` or ``weight``."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name.startswith("__") or "context" not in self.__dict__ or str(self.context.trained_count) not in self:
                raise
            return getattr(self.in_use, name)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        return self.in_use(*inputs, **options)
