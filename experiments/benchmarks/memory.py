"""How much memory does a training step take?

    python -m experiments.benchmarks.memory [--out DIR] [--repeats 1]

What a step keeps for its backward pass grows with the frames that are forward at the same time. ResNet-50 at 224 keeps
about 90 MB a frame in float32. All sequences of {4, 8, 16} held at once are 28 frames, 1.75 times TSM's 16; the
teacher is detached, so that each sequence can go backward before the next goes forward, and the peak is that of the
longest alone: the floor is TSM's. Above it lie the private parameters with gradient and momentum, 0.2 %, and on a
processor what the allocator cannot use again.

On a GPU: the allocator's peak, weights included. On a processor: the peak of resident memory over what the process
holds before the step, in a process for each variant; glibc is told to give every large block back at once.
"""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import torch

from experiments.benchmarks import step as steps
from experiments.benchmarks.measure import Measurement, command, compared
from experiments.benchmarks.step import COUNTS, DEVICE, GPU, LONGEST, Step

CASES = [("resnet50", 32, 224), ("resnet50", 64, 224)] if GPU else [("resnet50", 1, 224)]
QUICK_CASES = [("tiny", 2, 48)]
EXACT_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}

Case = tuple[str, int, int]


def measure(repeats: int, *, quick: bool = False) -> list[Measurement]:
    """Peaks of TSM's step, of ours, and of the released one, which holds all sequences at once."""
    return [row for case in (QUICK_CASES if quick else CASES) for row in peaks(case, repeats)]


def peaks(case: Case, repeats: int) -> list[Measurement]:
    """Their ratio is to TSM's."""
    variants = {
        f"TSM {LONGEST[0]}": (LONGEST, False),
        "FFN, by sequence": (COUNTS, False),
        "FFN, released step: all sequences at once": (COUNTS, True),
    }
    measured = {name: partial(megabytes, case, *variant) for name, variant in variants.items()}
    return compared(f"peak memory, {steps.title(case, COUNTS)}", "MB", measured, repeats)


def megabytes(case: Case, counts: tuple[int, ...], at_once: bool) -> float:
    """``peak`` in a process of its own."""
    code = f"from experiments.benchmarks.memory import peak; print(peak({case}, {counts}, {at_once}) / 1e6)"
    finished = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | EXACT_MALLOC, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(finished.stdout.splitlines()[-1])


def peak(case: Case, counts: tuple[int, ...], at_once: bool) -> int:
    """Bytes that a run's first two steps take; in the second there are momenta."""
    torch.set_num_threads(1)
    training, batch = steps.prepared(steps.step_settings(case, counts))
    step = steps.released(training, batch) if at_once else steps.ours(training, batch)
    return gpu_peak(step) if GPU else resident_peak(step)


def gpu_peak(step: Step) -> int:
    """By the allocator's count."""
    torch.cuda.reset_peak_memory_stats(DEVICE)
    step()
    step()
    return torch.cuda.max_memory_allocated(DEVICE)


def resident_peak(step: Step) -> int:
    """By Linux's count, over what the process holds before."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _resident("VmRSS")
    step()
    step()
    return _resident("VmHWM") - before


def _resident(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith(name))
    return 1024 * int(kilobytes)


if __name__ == "__main__":
    command("memory", __doc__.partition("\n")[0], measure)
