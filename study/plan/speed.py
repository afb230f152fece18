"""How fast devices train and loaders read, for a plan: as benchmarks measured it, else as assumed here."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from study.results.schema import BENCHMARKS

Device = Literal["GPU", "core"]

# ResNet-50 at 224 pixels in bfloat16 trained 271 clips of 16 frames a second on an H200 (docs/gpu.md).
GPU_CLIPS, CLIP_FRAMES, FRAME_MULTIPLY_ADDS = 271, 16, 3 * 4.1e9
ASSUMED = {
    "GPU": GPU_CLIPS * CLIP_FRAMES * FRAME_MULTIPLY_ADDS,
    "core": 4.0e10,  # what the tiny network reaches on one core of a current server processor
}
COMPILED = 1.33  # how much faster a compiled step is on a GPU: 1.33 for TSM, 1.35 for FFN (docs/gpu.md)
READING = 0.033  # one loader process read 23 to 42 clips {4, 8, 16} a second from videos of 427x240

TRAINING = {"GPU": "training on a GPU", "core": "training on a core"}
"""Benchmarks with a row per backbone, in multiply-adds a second."""
LOADERS, BYTES = "loader processes", "ours, bytes"
"""The end of the name of the benchmark of all cores, and its variant, in clips a second and core."""


@dataclass(frozen=True, kw_only=True)
class Speeds:
    """``training``: multiply-adds a second by device and backbone; ``reading``: seconds of a core for a video's clips;
    ``measured``: the table that they are from, None where all is assumed."""

    training: Mapping[tuple[Device, str], float] = field(default_factory=dict)
    reading: float = READING
    measured: Path | None = None

    def of(self, device: Device, backbone: str, *, compiled: bool = False) -> float:
        """Multiply-adds a second in training ``backbone`` on one ``device``; what compiling gains is assumed."""
        speed = self.training.get((device, backbone), ASSUMED[device])
        return speed * COMPILED if compiled and device == "GPU" else speed

    def __str__(self) -> str:
        if self.measured:
            known = ", ".join(f"{backbone} on a {device}" for device, backbone in self.training) or "no training"
            return f"From {self.measured} ({known}); otherwise assumed"
        return (
            f"Assumed: {ASSUMED['GPU']:.2g} multiply-adds/s of a GPU, as ResNet-50 reached on an H200, "
            f"{COMPILED:g} times as many compiled; "
            f"{ASSUMED['core']:.2g} of a core; {1e3 * READING:.0f} ms of a loader's core for a video"
        )


def measured_speeds(folder: Path) -> Speeds:
    """Those in the benchmarks.csv of ``folder``; assumed ones where it lacks any."""
    path = folder / BENCHMARKS.file
    if not path.exists():
        return Speeds()
    with path.open(newline="") as file:
        rows = [(row["benchmark"], row["variant"], float(row["value"] or "nan")) for row in csv.DictReader(file)]
    training = {
        (device, variant): value
        for device, name in TRAINING.items()
        for benchmark, variant, value in rows
        if benchmark == name and value > 0
    }
    reading = [1 / value for name, variant, value in rows if name.endswith(f" {LOADERS}") and variant == BYTES]
    return Speeds(training=training, reading=(reading or [READING])[0], measured=path)  # type: ignore[arg-type]
