"""How fast is a training step, and what part of it does a retrofit take?

A step of FFN {4, 8, 16} runs 28 frames per clip forward and backward. Its floor is three times the multiply-adds of 28
frames at this machine's rate in the step's precision. The rest is memory traffic: BatchNorm, ReLU and the shift each
read and write every activation. ResNet-50 at 224 takes 4.1e9 multiply-adds per frame and its convolutions output 11e6
numbers: at 125e9 multiply-adds per second and core, arithmetic takes 33 ms of a frame's forward pass, five passes over
the numbers in float32 at 10 GB/s take 22 ms. Expected saving of each change:

    channels last                    the copies around each convolution: a fifth on a CPU
    own gradient of the shift        a tenth: one pass over its input instead of five copies
    alteration in the weights        a pass and a depth-wise convolution over each block's input, forward and backward
    each sequence backward at once   no time, but memory (``experiments.benchmarks.memory``)
    metrics summed on the device     on a GPU the synchronisation at the end of each step; on a CPU nothing
    bfloat16 instead of float16      no loss scaling, whose step synchronises with the GPU

Off by default: torch.compile (``experiments.benchmarks.compiling``).
SGD's fused kernel cannot resume while some parameters have never had a gradient; torch's default (several tensors per
kernel) is kept.

A retrofit to 4 frames runs forward over a quarter of TSM's 16 frames, and backward without the gradients of the frozen
weights: a sixth of the multiply-adds of TSM's step. Above that are the temporal kernels' passes over the activations,
and what does not depend on the frames: the optimiser, and launching each operation.

Beside the floor of arithmetic stands that of memory traffic: the bytes that the operations of our step read and write,
each operand once, at this device's rate of copying. What does not fit into the card's memory says so.

Clips are random and already on the device.
"""

import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from experiments.benchmarks.baselines import ReleasedStep
from experiments.benchmarks.device import (
    DEVICE,
    GPU,
    PRECISION,
    QUICK_SIDE,
    SIDE,
    Step,
    copy_rate,
    matrix_rate,
    seconds,
    traffic,
    warm,
)
from experiments.benchmarks.inputs import CLASSES, random_batch, random_clips
from experiments.benchmarks.measure import Measurement, compared, fitting, without_room
from ffn.data.batches import Batch
from ffn.evaluation.cost import multiply_adds
from ffn.kernels import choose_kernels
from ffn.models.parts import DEFAULT_RETROFIT, Parts
from ffn.training.checkpoint import save_checkpoint
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.objectives import CrossEntropy, Distillation
from ffn.training.settings import TrainingSettings
from ffn.training.totals import SequenceTotals
from study.plan.estimate import FULL_FACTOR, clip_cost
from study.plan.speed import TRAINING

LONGEST, COUNTS, RETROFITTED = (16,), (4, 8, 16), (4,)
FRAMES_RATIO = sum(COUNTS) / sum(LONGEST)
CASES = [("resnet50", 32, 224), ("resnet50", 64, 224)] if GPU else [("tiny", 32, 48), ("resnet50", 4, 112)]
QUICK_CASES = [("tiny", 2, 48)]
RETROFIT_PASSES = 2  # forward and backward, without the gradients of the frozen weights
OURS, SECONDS = "ours", "s" if GPU else "CPU s"

Case = tuple[str, int, int]


def measure(repeats: int, *, quick: bool = False) -> Iterator[list[Measurement]]:
    """All tables; on a CPU with one thread."""
    torch.set_num_threads(1)
    rate = matrix_rate(QUICK_SIDE if quick else SIDE)
    speeds: dict[str, float] = {}
    for case in QUICK_CASES if quick else CASES:
        of_tsm = against_released(case, LONGEST, rate, repeats)
        speeds |= training_speed(of_tsm, case)
        yield of_tsm
        yield against_released(case, COUNTS, rate, repeats)
        yield against_tsm(case, rate, repeats)
        yield retrofit_against_tsm(case, rate, repeats)
    if not speeds:  # not even TSM fitted
        return
    yield [
        Measurement(benchmark=TRAINING["GPU" if GPU else "core"], variant=backbone, value=value, unit="multiply-adds/s")
        for backbone, value in speeds.items()
    ]


def against_released(case: Case, counts: tuple[int, ...], rate: float, repeats: int) -> list[Measurement]:
    """Clips per second of the released step and of ours."""
    training, batch = prepared(step_settings(case, counts))
    makers = {"released step": lambda: warm(released(training, batch)), OURS: lambda: warm(ours(training, batch))}
    steps, too_large = fitting(makers)
    name, work = f"{title(case, counts)}, {PRECISION}", 3 * arithmetic(training, counts)
    variants = {variant: lambda step=step: len(batch) / seconds(step) for variant, step in steps.items()}
    rows = compared(name, unit(), variants, repeats, floor=rate / work)
    if OURS in steps:
        memory_floor = copy_rate() * len(batch) / traffic(steps[OURS])
        rows = [*rows, *shares(rows, "matrix floor", rate / work), *shares(rows, "memory floor", memory_floor)]
    if GPU:
        rows += waits(title(case, counts), steps)
    return rows + without_room(name, unit(), too_large)


def shares(rows: list[Measurement], floor: str, best: float) -> list[Measurement]:
    """The speeds of ``rows`` as shares of the best possible, ``best`` clips per second by one of the floors."""
    return [replace(row, benchmark=f"{row.benchmark}: share of the {floor}", value=row.value / best, unit="of 1",
                    floor=1.0) for row in rows]  # fmt: skip


def training_speed(rows: list[Measurement], case: Case) -> dict[str, float]:
    """Multiply-adds per second of our step, by backbone, for ``study run --dry-run``; empty if it did not fit."""
    clip = FULL_FACTOR * clip_cost(step_settings(case, LONGEST), CLASSES, *LONGEST)
    measured = next((row.value for row in rows if row.variant == OURS and row.unit == unit()), None)
    return {} if measured is None else {case[0]: measured * clip}


def against_tsm(case: Case, rate: float, repeats: int) -> list[Measurement]:
    """A step of FFN and TSM steps over as many frames: the cost of private parts and distillation."""
    training, batch = prepared(step_settings(case, COUNTS))
    share = f"TSM {LONGEST[0]}, {sum(COUNTS)}/{sum(LONGEST)} of a step"
    steps, too_large = fitting(
        {
            share: lambda: warm(ours(*prepared(step_settings(case, LONGEST)))),
            "FFN, a step": lambda: warm(ours(training, batch)),
        }
    )
    variants = {
        variant: lambda step=step, variant=variant: (FRAMES_RATIO if variant == share else 1) * seconds(step)
        for variant, step in steps.items()
    }
    floor = len(batch) * 3 * arithmetic(training, COUNTS) / rate
    name = f"a step's frames, {title(case, COUNTS)}"
    rows = compared(name, SECONDS, variants, repeats, floor=floor)
    return rows + without_room(name, SECONDS, too_large)


def retrofit_against_tsm(case: Case, rate: float, repeats: int) -> list[Measurement]:
    """A step of the retrofit and of the TSM."""
    tsm, batch = prepared(step_settings(case, LONGEST))
    with tempfile.TemporaryDirectory() as folder:
        retrofit, new_batch = prepared(retrofit_settings(tsm, Path(folder) / "tsm.pt"))
    steps, too_large = fitting(
        {
            "TSM 16, a step": lambda: warm(ours(tsm, batch)),
            "retrofit, a step": lambda: warm(ours(retrofit, new_batch)),
        }
    )
    variants = {name: lambda step=step: seconds(step) for name, step in steps.items()}
    floor = len(batch) * RETROFIT_PASSES * arithmetic(retrofit, RETROFITTED) / rate
    name = f"retrofit to {RETROFITTED[0]} frames of {title(case, LONGEST)}"
    rows = compared(name, SECONDS, variants, repeats, floor=floor)
    return rows + without_room(name, SECONDS, too_large)


def retrofit_settings(tsm: Training, checkpoint: Path) -> TrainingSettings:
    """The default retrofit of ``tsm``, whose checkpoint is written to ``checkpoint``."""
    save_checkpoint(checkpoint, tsm.checkpoint())
    parts = Parts.named(DEFAULT_RETROFIT)
    return replace(tsm.settings, start=str(checkpoint), schedule=constant(*RETROFITTED), parts=parts)


def step_settings(case: Case, counts: tuple[int, ...]) -> TrainingSettings:
    """FFN at several frame counts, TSM at one."""
    backbone, batch_size, size = case
    several = len(counts) > 1
    return TrainingSettings(
        backbone=backbone,
        schedule=constant(*counts),
        parts=Parts() if several else None,
        objective=Distillation() if several else CrossEntropy(),
        batch_size=batch_size,
        short_side=size,
        crop_size=size,
        precision=PRECISION,
        epochs=1,
    )


def prepared(settings: TrainingSettings) -> tuple[Training, Batch]:
    """A run before its first step, and a batch of it on the device."""
    choose_kernels(DEVICE)
    clips = random_clips(settings)
    training = Training(settings, clips, clips, num_classes=CLASSES, device=DEVICE)
    training.model.train()
    return training, random_batch(settings).to(DEVICE)


def ours(training: Training, batch: Batch) -> Step:
    """The step of ``Training``."""
    return partial(training.step, batch, len(batch), SequenceTotals(DEVICE))


def released(training: Training, batch: Batch) -> Step:
    """The released step, of a copy of the network. Its loaders provide clips normalised and channels first."""
    step = ReleasedStep(training.model, training.settings)
    clips = {count: batch.normalised(count).contiguous() for count in batch.rows}
    return partial(step, clips, batch.labels.to(DEVICE))


def waits(name: str, steps: dict[str, Step]) -> list[Measurement]:
    """GPU synchronisations per step; the floor is 0."""
    rows = []
    for variant, step in steps.items():
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            step()
            torch.cuda.set_sync_debug_mode("default")
        number = sum("called a synchronizing" in str(warning.message) for warning in found)
        rows.append(Measurement(benchmark=name, variant=variant, value=number, unit="waits in a step", floor=0))
    return rows


def arithmetic(training: Training, counts: tuple[int, ...]) -> int:
    """Multiply-adds of a clip's forward passes; the backward passes take twice as many."""
    return sum(multiply_adds(training.model, count, training.settings.crop_size) for count in counts)


def title(case: Case, counts: tuple[int, ...]) -> str:
    """Method, network, batch size and input size."""
    backbone, batch_size, size = case
    method = "FFN {" + ",".join(map(str, counts)) + "}" if len(counts) > 1 else f"TSM {counts[0]}"
    return f"{method}, {backbone}, batch {batch_size}, {size} pixels"


def unit() -> str:
    """Unit of training speed."""
    return "clips/s" if GPU else "clips/CPU s"
