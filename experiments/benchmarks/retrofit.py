"""How much of a TSM's training step does its retrofit take?

    python -m experiments.benchmarks.retrofit [--out DIR] [--repeats 5]

A retrofit to 4 frames goes forward over a quarter of the frames, and backward without the gradients of the frozen
weights: a sixth of the multiply-adds of a step at 16 frames. Above that lie the temporal kernels' own passes over the
activations, and what does not shrink with the frames: the optimiser, and the start of each of a network's operations.
Clips are random; one thread's processor time, on a GPU the clock.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from experiments.benchmarks.measure import Measurement, command, compared
from experiments.benchmarks.step import (
    CASES,
    GPU,
    LONGEST,
    QUICK_CASES,
    QUICK_SIDE,
    SIDE,
    arithmetic,
    matrix_rate,
    ours,
    prepared,
    seconds,
    step_settings,
    title,
    warm,
)
from ffn.models.parts import DEFAULT_RETROFIT, Parts
from ffn.training.checkpoint import save_checkpoint
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.settings import TrainingSettings

NEW = (4,)
FORWARD_AND_BACKWARD = 2  # a step's passes, without that of the frozen weights' gradients


def measure(repeats: int, *, quick: bool = False) -> list[Measurement]:
    """A step of the retrofit beside one of the TSM."""
    torch.set_num_threads(1)
    rate = matrix_rate(QUICK_SIDE if quick else SIDE)
    return [row for case in (QUICK_CASES if quick else CASES) for row in _against_tsm(case, rate, repeats)]


def _against_tsm(case: tuple[str, int, int], rate: float, repeats: int) -> list[Measurement]:
    tsm, batch = prepared(step_settings(case, LONGEST))
    with tempfile.TemporaryDirectory() as folder:
        retrofit, new_batch = prepared(retrofit_settings(tsm, Path(folder) / "tsm.pt"))
    steps = {"TSM 16, a step": warm(ours(tsm, batch)), "retrofit, a step": warm(ours(retrofit, new_batch))}
    variants = {name: lambda step=step: seconds(step) for name, step in steps.items()}
    floor = len(batch) * FORWARD_AND_BACKWARD * arithmetic(retrofit, NEW) / rate
    name = f"retrofit to {NEW[0]} frames of {title(case, LONGEST)}"
    return compared(name, "s" if GPU else "CPU s", variants, repeats, floor=floor)


def retrofit_settings(tsm: Training, checkpoint: Path) -> TrainingSettings:
    """Those of the default retrofit of ``tsm``, whose checkpoint is written to ``checkpoint``."""
    save_checkpoint(checkpoint, tsm.checkpoint())
    parts = Parts.named(DEFAULT_RETROFIT)
    return replace(tsm.settings, start=str(checkpoint), schedule=constant(*NEW), parts=parts)


if __name__ == "__main__":
    command("retrofit", __doc__.partition("\n")[0], measure)
