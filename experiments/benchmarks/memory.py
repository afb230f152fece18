"""How much memory does a training step take?

Activations kept for the backward pass grow with the frames that are forward at the same time: ResNet-50 at 224 keeps
about 90 MB per frame in float32. All sequences of {4, 8, 16} at once are 28 frames, 1.75 times TSM's 16. As the teacher
is detached, each sequence can run backward before the next runs forward, and the peak is that of the longest: the floor
is TSM's peak. Above it are the private parameters with gradient and momentum, 0.2 %, and on a CPU memory that the
allocator cannot reuse.

On a GPU: the allocator's peak, including weights. On a CPU: the peak resident memory minus that before the step, in one
process per variant; glibc is configured to return large blocks at once.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch

from experiments.benchmarks import step as steps
from experiments.benchmarks.device import DEVICE, GPU, Step
from experiments.benchmarks.measure import Measurement, compared, fitting, without_room
from experiments.benchmarks.step import COUNTS, LONGEST, QUICK_CASES, Case

CASES = [("resnet50", 32, 224), ("resnet50", 64, 224)] if GPU else [("resnet50", 1, 224)]
EXACT_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


def measure(repeats: int, *, quick: bool = False) -> Iterator[list[Measurement]]:
    """Peaks of TSM's step, of our step, and of the released one, which holds all sequences at once."""
    for case in QUICK_CASES if quick else CASES:
        yield peaks(case, repeats)


def peaks(case: Case, repeats: int) -> list[Measurement]:
    """Peak memory of one case; ratios are relative to TSM."""
    variants = {
        f"TSM {LONGEST[0]}": (LONGEST, False),
        "FFN, by sequence": (COUNTS, False),
        "FFN, released step: all sequences at once": (COUNTS, True),
    }
    measured = {name: partial(megabytes, case, *variant) for name, variant in variants.items()}
    benchmark, too_large = f"peak memory, {steps.title(case, COUNTS)}", []
    if GPU:
        torch.cuda.empty_cache()  # this process shares the card with those that are measured
        fits, too_large = fitting(measured)
        measured = {name: lambda value=value: value for name, value in fits.items()}  # every run's is the same
    rows = compared(benchmark, "MB", measured, repeats)
    return rows + without_room(benchmark, "MB", too_large)


def megabytes(case: Case, counts: tuple[int, ...], at_once: bool) -> float:
    """``peak`` in a separate process. Raises torch.OutOfMemoryError if its GPU's memory is too small."""
    code = f"from experiments.benchmarks.memory import peak; print(peak({case}, {counts}, {at_once}) / 1e6)"
    finished = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | EXACT_MALLOC, capture_output=True, text=True, check=False
    )
    if "OutOfMemoryError" in finished.stderr:
        raise torch.OutOfMemoryError(finished.stderr.splitlines()[-1])
    sys.stderr.write(finished.stderr)
    finished.check_returncode()
    return float(finished.stdout.splitlines()[-1])


def peak(case: Case, counts: tuple[int, ...], at_once: bool) -> int:
    """Bytes used by the first two steps of a run; from the second on there are momentum buffers."""
    torch.set_num_threads(1)
    training, batch = steps.prepared(steps.step_settings(case, counts))
    step = steps.released(training, batch) if at_once else steps.ours(training, batch)
    return gpu_peak(step) if GPU else resident_peak(step)


def gpu_peak(step: Step) -> int:
    """As counted by the allocator."""
    torch.cuda.reset_peak_memory_stats(DEVICE)
    step()
    step()
    return torch.cuda.max_memory_allocated(DEVICE)


def resident_peak(step: Step) -> int:
    """As counted by Linux, minus the memory before the steps."""
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = _resident("VmRSS")
    step()
    step()
    return _resident("VmHWM") - before


def _resident(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith(name))
    return 1024 * int(kilobytes)
