"""Three ways to train one method: the paper's text, the code its authors released, and an earlier reproduction.

Sources: the paper (arXiv 2303.14817), BeSpontaneous/FFN-pytorch (2D_Network), and
vignankamarthi/FFN-pytorch-Experiment-Subset. Each field is a point on which they differ.

What remains different from the released runs, or is set elsewhere:

- Precision: theirs is float16 with a loss scaler (``TrainingSettings.precision="float16"``), as is the earlier code's;
  experiments here use bfloat16, which needs no scaler.
- Weight decay: 5e-4, but 1e-4 on Kinetics-400 (``TrainingSettings.weight_decay``; no dataset changes it by itself).
- Frames: theirs are JPEG pictures made by the official TSM's scripts, which scale Something-Something V2 to a height
  of 256 pixels. Here videos are cropped at their own size, mostly 240 pixels high, and scaled once. Folders of such
  pictures (docs/data.md) give theirs.
- Videos of fewer than three frames: left out by theirs in training and evaluation, kept here.
- Several workers: each epoch ends with the mean of their running statistics; DataParallel keeps the first GPU's, as
  ``batchnorm_clips`` does within a worker.
"""

from dataclasses import dataclass, fields
from typing import Literal

from ffn.data.cropping import TrainingCrop
from ffn.data.frame_sampling import FrameSampling, ShortVideos
from ffn.training.checks import require_choices


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One field per difference. Defaults: the paper's text, or the released code where the paper does not say."""

    frame_sampling: FrameSampling = "segments"
    """Frames in training. Paper: uniform segments, a random frame of each. Released: the same over segments of
    floor(length / count) frames, redrawn for each sequence. Earlier: always the segment's centre. None of them has
    "even" and "mix" (``ffn.data.frame_sampling``), which use the even stride of evaluation."""

    crop: TrainingCrop = "random"
    """Crop in training. Paper: a random crop, one per clip. Released: multi-scale, one for all frames and sequences
    of the clip. Earlier: torchvision's RandomResizedCrop of 80 to 100 % of the area, drawn for every frame; no draw
    fits into frames of 427 x 240, for which it always falls back to one centred box of 320 x 240."""

    shift_window: Literal["own", "longest"] = "own"
    """Frames over which the shift runs in training. Paper and earlier: the sequence's own length. Released: the
    longest sequence's length for all, so shorter sequences are shifted into neighbouring clips of the batch
    (unintended, according to the authors in issue 3 of the repository)."""

    alteration_init: Literal["near_zero", "fan_out"] = "near_zero"
    """Initial scales of the weight alteration. Paper: near zero, N(0, 1e-3). Released and earlier: overwritten
    by the fan-out initialisation of all convolutions, N(0, 2/C)."""

    ffn_classifier_init: Literal["near_zero", "torch"] = "near_zero"
    """Initial classifier of FFN (TSM's is near zero in all three). Paper: not stated. Released: N(0, 1e-3), bias 0.
    Earlier: torch's default, uniform in ±1/sqrt(features), biases too; at 2048 features a deviation of 0.0128."""

    parameter_groups: Literal["tsm", "single"] = "tsm"
    """Learning-rate groups. Paper and released: the official TSM's (classifier weight x5, its bias x10 and without
    decay, BatchNorm without decay, other biases x2 without decay). Earlier: one group, decay on everything."""

    clip_gradients: Literal["always", "full_precision", "never"] = "always"
    """Gradient clipping. Paper: not stated. Released: only in full precision. Earlier: always, after unscaling."""

    ffn_dropout: bool = True
    """Dropout before the classifier of FFN (TSM has it in all three). Paper and released: yes. Earlier: built but
    not applied."""

    batchnorm_clips: int | None = None
    """Clips that share BatchNorm statistics in training (None: a worker's whole batch). Paper: not stated.
    Released: 16, a batch of 32 on two GPUs, of which the first alone updates the running statistics. Earlier: 32."""

    short_videos: ShortVideos = "first"
    """Videos with fewer frames than requested. Paper: not stated. Released: the first frame, repeated. Earlier: all
    frames, the last repeated. Evaluation follows the same rule; for longer videos all three take each segment's centre
    (``ffn.segment_indices``), the earlier with another rounding at 5 frames."""

    best_epoch: Literal["mean", "highest"] = "mean"
    """The validation top-1 that chooses the best epoch. Paper: not stated; here the mean over the trained counts.
    Released and earlier: that at the highest count."""

    def __post_init__(self) -> None:
        require_choices(self)
        if self.batchnorm_clips is not None and self.batchnorm_clips < 2:
            raise ValueError(f"batchnorm_clips must be at least 2 or None, got {self.batchnorm_clips}")

    def differences(self, other: "Recipe") -> dict[str, tuple[object, object]]:
        """The fields that differ: name -> (own value, other's value)."""
        pairs = {field.name: (getattr(self, field.name), getattr(other, field.name)) for field in fields(self)}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


PAPER = Recipe()
RELEASED = Recipe(
    frame_sampling="integer_segments",
    crop="multi_scale",
    shift_window="longest",
    alteration_init="fan_out",
    clip_gradients="full_precision",
    batchnorm_clips=16,
    best_epoch="highest",
)
EARLIER = Recipe(
    frame_sampling="centre",
    crop="per_frame",
    alteration_init="fan_out",
    parameter_groups="single",
    ffn_dropout=False,
    ffn_classifier_init="torch",
    short_videos="last",
    best_epoch="highest",
)
