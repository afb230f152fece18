"""The tables of a study's folder: their columns in order and their kinds; study/ writes and analysis/ reads by them.

Pure data: importing it loads neither pandas nor torch.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "whole", "number"]
"""What a column holds; a whole number or a number may be missing, a text may be empty."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TableSchema:
    """One table. key: the columns that identify a row; of two rows with the same key the later one counts.

    newer: columns that tables of earlier versions lack; they are then read as missing.
    """

    file: str
    columns: dict[str, Kind]
    key: tuple[str, ...]
    newer: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns that hold text."""
        return tuple(name for name, kind in self.columns.items() if kind == "text")

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold numbers, whole or not."""
        return tuple(name for name, kind in self.columns.items() if kind != "text")


NETWORK: dict[str, Kind] = {"adaptation": "text", "sampling": "text", "views": "text"}
"""How a network was evaluated. adaptation: "" or "recalibrated"; sampling: the rule that chose the frames, "centre" or
another; views: clips x crops, "1x1"."""

TRIALS = TableSchema(
    file="trials.csv",
    columns={
        "trial": "text", "method": "text", "variant": "text", "model": "text", "train_frames": "text", "lr": "number",
        "setting": "text", "epochs": "whole", "batch_size": "whole", "seed": "whole", "fold": "whole", "status": "text",
        "reason": "text", "notice": "text", "epochs_done": "whole", "best_epoch": "whole", "seconds": "number",
        "peak_memory_mb": "whole", "reserved_memory_mb": "whole", "parameters": "whole", "machine": "text",
    },
    key=("trial",),
    newer=("fold", "reserved_memory_mb", "machine"),
)  # fmt: skip
"""A row per trial, also of those that have not begun. setting: what a search varies beside the learning rate; fold: the
part of the dataset that it was not trained on, missing where the dataset has no folds; notice: what was repaired
automatically, and that the experiment no longer has the trial; peak_memory_mb: on a GPU the bytes in tensors, on a CPU
the resident memory of a worker; reserved_memory_mb: what a worker took from its GPU for them, which a share of a GPU
must hold, missing on a CPU; machine: what its workers ran on when it ended."""

EPOCHS = TableSchema(
    file="epochs.csv",
    columns={"trial": "text", "epoch": "whole", "lr": "number", "clips_per_second": "number", "seconds": "number"},
    key=("trial", "epoch"),
)
"""A row per trial and epoch. Beside these columns one per measured frame count: validation_top1_4, train_loss_16."""

EVALUATIONS = TableSchema(
    file="evaluations.csv",
    columns={
        "trial": "text", "method": "text", "variant": "text", "train_frames": "text", "eval_frames": "whole",
        "lr": "number", "seed": "whole", "fold": "whole", "split": "text", "selection": "text", "epoch": "whole",
        **NETWORK,
        "clips": "whole", "top1": "number", "top5": "number", "loss": "number", "gmacs_per_clip": "number",
    },
    key=("trial", "eval_frames", "split", "selection", *NETWORK),
    newer=("fold",),
)  # fmt: skip
"""A row per network, evaluated frame count, split and selection of the epoch; accuracies in percent."""

TOP_CLASSES = tuple(f"top{rank}" for rank in range(1, 6))
TOP_PROBABILITIES = tuple(f"probability{rank}" for rank in range(1, 6))

PREDICTIONS = TableSchema(
    file="predictions.parquet",
    columns={
        "trial": "text", "method": "text", "fold": "whole", "split": "text", "selection": "text",
        "eval_frames": "whole", **NETWORK,
        "clip": "whole", "label": "whole", **dict.fromkeys(TOP_CLASSES, "whole"),
        "probability": "number", **dict.fromkeys(TOP_PROBABILITIES, "number"),
    },
    key=("trial", "split", "selection", "eval_frames", *NETWORK, "clip"),
    newer=("fold", *TOP_PROBABILITIES),
)  # fmt: skip
"""A row per evaluated clip: its place in the split (in a dataset with folds: among all videos), its class, the five
most probable classes, the probability of its own class, and those of the five."""

BATCHNORM = TableSchema(
    file="batchnorm.csv",
    columns={
        "trial": "text", "method": "text", "train_frames": "text", "adaptation": "text", "count": "whole",
        "layer": "text", "mean": "number", "variance": "number", "scale": "number", "bias": "number",
    },
    key=("trial", "adaptation", "count", "layer"),
)  # fmt: skip
"""A row per network, frame count and BatchNorm layer: means over channels."""

BAD_CLIPS = TableSchema(
    file="bad_clips.csv",
    columns={"split": "text", "clip": "text", "path": "text", "reason": "text"},
    key=("split", "clip"),
)
"""A row per clip that could not be read."""

BENCHMARKS = TableSchema(
    file="benchmarks.csv",
    columns={
        "benchmark": "text", "variant": "text", "value": "number", "unit": "text", "ratio": "number",
        "floor": "number",
    },
    key=("benchmark", "variant"),
)  # fmt: skip
"""A row per variant of a benchmark, the first its baseline."""
