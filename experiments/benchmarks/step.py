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

Not used: torch.compile on a CPU. It made the tiny network's step 7 % faster after 218 s of compilation; a trial of the
demo takes 70 s. On a GPU it is measured here beside our step, but training does not use it, as nothing has run there.
SGD's fused kernel cannot resume while some parameters have never had a gradient; torch's default (several tensors per
kernel) is kept.

A retrofit to 4 frames runs forward over a quarter of TSM's 16 frames, and backward without the gradients of the frozen
weights: a sixth of the multiply-adds of TSM's step. Above that are the temporal kernels' passes over the activations,
and what does not depend on the frames: the optimiser, and launching each operation.

Clips are random and already on the device. On a CPU the time is one thread's CPU time, which is least affected by other
load; on a GPU it is wall-clock time.
"""

import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F

from experiments.benchmarks.baselines import ReleasedStep
from experiments.benchmarks.inputs import CLASSES, random_batch, random_clips
from experiments.benchmarks.measure import Measurement, compared
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

LONGEST, COUNTS, RETROFITTED = (16,), (4, 8, 16), (4,)
FRAMES_RATIO = sum(COUNTS) / sum(LONGEST)
GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda" if GPU else "cpu")
PRECISION = "bfloat16" if GPU else "float32"
CASES = [("resnet50", 32, 224), ("resnet50", 64, 224)] if GPU else [("tiny", 32, 48), ("resnet50", 4, 112)]
QUICK_CASES = [("tiny", 2, 48)]
RETROFIT_PASSES = 2  # forward and backward, without the gradients of the frozen weights
GPU_STEPS = 10
SIDE, QUICK_SIDE = 8192 if GPU else 1024, 256  # of the matrices that are multiplied to measure the machine's rate

Case = tuple[str, int, int]
Step = Callable[[], object]


def measure(repeats: int, *, quick: bool = False) -> list[Measurement]:
    """All rows; on a CPU with one thread."""
    torch.set_num_threads(1)
    rate = matrix_rate(QUICK_SIDE if quick else SIDE)
    rows = []
    for case in QUICK_CASES if quick else CASES:
        rows += against_released(case, LONGEST, rate, repeats)
        rows += against_released(case, COUNTS, rate, repeats)
        rows += against_tsm(case, rate, repeats)
        rows += retrofit_against_tsm(case, rate, repeats)
    return rows


def against_released(case: Case, counts: tuple[int, ...], rate: float, repeats: int) -> list[Measurement]:
    """Clips per second of the released step and of ours."""
    training, batch = prepared(step_settings(case, counts))
    steps = {"released step": warm(released(training, batch)), "ours": warm(ours(training, batch))}
    if GPU:
        steps |= compiled(training, batch)
    variants = {name: lambda step=step: len(batch) / seconds(step) for name, step in steps.items()}
    floor = rate / (3 * arithmetic(training, counts))
    found = compared(f"{title(case, counts)}, {PRECISION}", unit(), variants, repeats, floor=floor)
    return found + (waits(title(case, counts), steps) if GPU else [])


def against_tsm(case: Case, rate: float, repeats: int) -> list[Measurement]:
    """A step of FFN and TSM steps over as many frames: the cost of private parts and distillation."""
    training, batch = prepared(step_settings(case, COUNTS))
    ffn, tsm = warm(ours(training, batch)), warm(ours(*prepared(step_settings(case, LONGEST))))
    variants = {
        f"TSM {LONGEST[0]}, {sum(COUNTS)}/{sum(LONGEST)} of a step": lambda: FRAMES_RATIO * seconds(tsm),
        "FFN, a step": lambda: seconds(ffn),
    }
    floor = len(batch) * 3 * arithmetic(training, COUNTS) / rate
    return compared(f"a step's frames, {title(case, COUNTS)}", "s" if GPU else "CPU s", variants, repeats, floor=floor)


def retrofit_against_tsm(case: Case, rate: float, repeats: int) -> list[Measurement]:
    """A step of the retrofit and of the TSM."""
    tsm, batch = prepared(step_settings(case, LONGEST))
    with tempfile.TemporaryDirectory() as folder:
        retrofit, new_batch = prepared(retrofit_settings(tsm, Path(folder) / "tsm.pt"))
    steps = {"TSM 16, a step": warm(ours(tsm, batch)), "retrofit, a step": warm(ours(retrofit, new_batch))}
    variants = {name: lambda step=step: seconds(step) for name, step in steps.items()}
    floor = len(batch) * RETROFIT_PASSES * arithmetic(retrofit, RETROFITTED) / rate
    name = f"retrofit to {RETROFITTED[0]} frames of {title(case, LONGEST)}"
    return compared(name, "s" if GPU else "CPU s", variants, repeats, floor=floor)


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


def compiled(training: Training, batch: Batch) -> dict[str, Step]:
    """Our step with a compiled network; empty if compilation fails."""
    fast, _ = prepared(training.settings)
    fast.model = torch.compile(fast.model, dynamic=False)
    try:
        return {"ours, compiled": warm(ours(fast, batch))}
    except Exception as error:  # of many types, also from compilers outside torch
        print(f"torch.compile failed: {error}")
        return {}


def warm(step: Step) -> Step:
    """Run two steps, so that memory is allocated, kernels are chosen and momentum buffers exist."""
    step()
    step()
    return step


def seconds(step: Step) -> float:
    """One step's time."""
    if not GPU:
        begin = time.process_time()
        step()
        return time.process_time() - begin
    torch.cuda.synchronize()
    begin = time.perf_counter()
    for _ in range(GPU_STEPS):
        step()
    torch.cuda.synchronize()
    return (time.perf_counter() - begin) / GPU_STEPS


def waits(name: str, steps: dict[str, Step]) -> list[Measurement]:
    """GPU synchronisations per step; the floor is 0."""
    rows = []
    for variant, step in steps.items():
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            step()
            torch.cuda.set_sync_debug_mode("default")
        number = sum("synchroniz" in str(warning.message) for warning in found)
        rows.append(Measurement(benchmark=name, variant=variant, value=number, unit="waits in a step", floor=0))
    return rows


def matrix_rate(side: int, precision: str = PRECISION) -> float:
    """Multiply-adds per second, the best of several matrix products and convolutions.

    On a CPU these use different libraries; on some CPUs the matrix product has less than half the rate.
    """
    facts = {"device": DEVICE, "dtype": getattr(torch, precision)}
    matrix, weight = torch.randn(side, side, **facts), torch.randn(256, 256, 3, 3, **facts)
    images = torch.randn(side // 64, 256, 28, 28, **facts).to(memory_format=torch.channels_last)
    calls = {
        side**3: lambda: matrix @ matrix,
        images.numel() * weight[0].numel(): lambda: F.conv2d(images, weight, padding=1),
    }
    return max(work / min(seconds(warm(call)) for _ in range(10)) for work, call in calls.items())


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
