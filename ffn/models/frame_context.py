"""What the layers of one network share about the clip in hand: its length, and the trained count that serves it."""

from collections.abc import Sequence

from torch import Tensor, nn


def nearest_count(frame_counts: Sequence[int], num_frames: int) -> int:
    """The trained frame count nearest to ``num_frames``; on a tie the higher (FFN paper, section 3.4)."""
    return min(frame_counts, key=lambda count: (abs(count - num_frames), -count))


def validated_frame_counts(frame_counts: Sequence[int]) -> tuple[int, ...]:
    """``frame_counts`` in ascending order.

    Raises ValueError when there is none, one stands twice, or one is not a positive integer.
    """
    counts = tuple(sorted(frame_counts))
    if not counts or len(set(counts)) != len(counts) or any(int(count) != count or count < 1 for count in counts):
        raise ValueError(f"frame_counts must be different positive integers, got {tuple(frame_counts)}")
    return counts


class FrameContext:
    """Set once per forward pass by the network, read by its layers.

    ``num_frames`` is the clip's length T, ``trained_count`` the count whose private parts are in use. With
    ``training_window`` set, the shift in training runs over windows of that many frames whatever the clip's length, as
    the released FFN code does; at shorter clips it then reaches into the neighbouring clips of the batch.
    """

    def __init__(self, training_window: int | None = None) -> None:
        self.frame_counts: tuple[int, ...] = ()
        self.training_window = training_window
        self.num_frames = 0
        self.trained_count = 0

    def enter(self, num_frames: int, *, training: bool) -> None:
        """Prepare for clips of ``num_frames`` frames."""
        self.num_frames = num_frames
        self.trained_count = nearest_count(self.frame_counts or (num_frames,), num_frames)
        self.shift_window = self.training_window if training and self.training_window else num_frames


class PerFrameCount(nn.ModuleDict):
    """One module per trained frame count; the clip in hand decides which of them runs."""

    def __init__(self, modules: dict[int, nn.Module], context: FrameContext) -> None:
        super().__init__({str(count): module for count, module in modules.items()})
        self.context = context

    def forward(self, x: Tensor) -> Tensor:
        return self[str(self.context.trained_count)](x)
