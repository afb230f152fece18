"""What does compiling the network of a training step win, and how long does it take?

``TrainingSettings.compile`` joins BatchNorm, ReLU, shift and residual sum into fewer passes over the activations. On a
GPU a step is bound by memory traffic, and should become 1.25 to 1.35 times as fast; on a CPU, where arithmetic is half
of it, the tiny network's became 7 % faster. A graph is compiled for each frame count when a trial starts, which is why
compiling is off by default. TSM at 16 frames, one graph; FFN {4, 8, 16} compiles three.
"""

import time
from collections.abc import Iterator
from dataclasses import replace

import torch

from experiments.benchmarks.device import GPU, seconds, warm
from experiments.benchmarks.measure import Measurement, compared
from experiments.benchmarks.step import CASES, COUNTS, LONGEST, Case, ours, prepared, step_settings, title, unit, waits


def measure(repeats: int) -> Iterator[list[Measurement]]:
    """TSM, then FFN."""
    torch.set_num_threads(1)
    for counts in (LONGEST, COUNTS):
        yield against_plain(CASES[0], counts, repeats)


def against_plain(case: Case, counts: tuple[int, ...], repeats: int) -> list[Measurement]:
    """Clips per second, waits for the GPU in a step, and the time of the first step, which compiles."""
    settings = step_settings(case, counts)
    training, batch = prepared(settings)
    plain, compiled = ours(training, batch), ours(*prepared(replace(settings, compile=True)))
    begin = time.perf_counter()
    compiled()
    compilation = time.perf_counter() - begin
    steps = {"ours": warm(plain), "ours, compiled": warm(compiled)}
    variants = {variant: lambda step=step: len(batch) / seconds(step) for variant, step in steps.items()}
    name = f"{title(case, counts)}, compiled"
    rows = compared(name, unit(), variants, repeats)
    first = Measurement(benchmark=name, variant="ours, compiled: the first step", value=compilation, unit="s")
    return [*rows, first, *(waits(name, steps) if GPU else [])]
