"""How fast is a training step?

    python -m experiments.benchmarks.step [--out DIR] [--repeats 5]

A step of FFN {4, 8, 16} goes forward and backward over 28 frames a clip, so its floor is three times the multiply-adds
of 28 frames at the rate at which this machine multiplies in the step's type; what stays above it moves bytes:
BatchNorm, ReLU and the shift each read and write every activation. ResNet-50 at 224 multiplies 4.1e9 times a frame, and
its convolutions answer 11e6 numbers: at a core's 125e9 multiply-adds a second arithmetic takes 33 ms of a frame's
forward pass, five passes over the numbers in float32 at 10 GB/s take 22. What each change was to win:

    channels last                    the copies around each convolution: a fifth on a processor
    the shift's own gradient         a tenth: one pass over its input instead of five copies
    alteration in the weights        a pass and a depth-wise convolution over each block's input, forward and backward
    each sequence backward at once   no time, memory (see ``experiments.benchmarks.memory``)
    metrics summed on the device     on a GPU the wait at each step's end; on a processor nothing
    bfloat16 instead of float16      no loss scale, whose step waits for the GPU

Not kept: torch.compile on a processor. The tiny network's step became 7 % faster after 218 s of compiling; a demo's
trial takes 70 s. On a GPU it is measured here beside ours, and training does not use it: nothing of this has run there.
SGD's fused kernel cannot resume where some parameters have had no gradient yet; torch's own choice (several tensors a
kernel) stays.

Clips are random and lie on the device. On a processor one thread's processor time is counted, which other work on the
machine disturbs least; on a GPU the clock.
"""

import time
import warnings
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F

from experiments.benchmarks.measure import Measurement, command, compared
from experiments.benchmarks.random_clips import CLASSES, random_batch, random_clips
from experiments.benchmarks.released_step import ReleasedStep
from ffn.data.batches import Batch
from ffn.evaluation.cost import multiply_adds
from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.objectives import CrossEntropy, Distillation
from ffn.training.settings import TrainingSettings
from ffn.training.totals import SequenceTotals

LONGEST, COUNTS = (16,), (4, 8, 16)
FRAMES_RATIO = sum(COUNTS) / sum(LONGEST)
GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda" if GPU else "cpu")
PRECISION = "bfloat16" if GPU else "float32"
CASES = [("resnet50", 32, 224), ("resnet50", 64, 224)] if GPU else [("tiny", 32, 48), ("resnet50", 4, 112)]
QUICK_CASES = [("tiny", 2, 48)]
GPU_STEPS = 10
SIDE, QUICK_SIDE = 8192 if GPU else 1024, 256  # of the matrices whose product tells the machine's rate

Step = Callable[[], object]


def measure(repeats: int, *, quick: bool = False) -> list[Measurement]:
    """All rows; a processor's on one thread."""
    torch.set_num_threads(1)
    rate = matrix_rate(QUICK_SIDE if quick else SIDE)
    rows = []
    for case in QUICK_CASES if quick else CASES:
        rows += against_released(case, LONGEST, rate, repeats)
        rows += against_released(case, COUNTS, rate, repeats)
        rows += against_tsm(case, rate, repeats)
    return rows


def against_released(
    case: tuple[str, int, int], counts: tuple[int, ...], rate: float, repeats: int
) -> list[Measurement]:
    """Clips a second of the released step and of ours."""
    training, batch = prepared(step_settings(case, counts))
    steps = {"released step": warm(released(training, batch)), "ours": warm(ours(training, batch))}
    if GPU:
        steps |= compiled(training, batch)
    variants = {name: lambda step=step: len(batch) / seconds(step) for name, step in steps.items()}
    floor = rate / (3 * arithmetic(training, counts))
    found = compared(f"{title(case, counts)}, {PRECISION}", unit(), variants, repeats, floor=floor)
    return found + (waits(title(case, counts), steps) if GPU else [])


def against_tsm(case: tuple[str, int, int], rate: float, repeats: int) -> list[Measurement]:
    """A step of FFN beside as many frames of TSM steps: what the private parts and the distillation cost."""
    training, batch = prepared(step_settings(case, COUNTS))
    ffn, tsm = warm(ours(training, batch)), warm(ours(*prepared(step_settings(case, LONGEST))))
    variants = {
        f"TSM {LONGEST[0]}, {sum(COUNTS)}/{sum(LONGEST)} of a step": lambda: FRAMES_RATIO * seconds(tsm),
        "FFN, a step": lambda: seconds(ffn),
    }
    floor = len(batch) * 3 * arithmetic(training, COUNTS) / rate
    return compared(f"a step's frames, {title(case, COUNTS)}", "s" if GPU else "CPU s", variants, repeats, floor=floor)


def step_settings(case: tuple[str, int, int], counts: tuple[int, ...]) -> TrainingSettings:
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
    """A run at its start, and a batch of it on the device."""
    clips = random_clips(settings)
    training = Training(settings, clips, clips, num_classes=CLASSES, device=DEVICE)
    training.model.train()
    return training, random_batch(settings).to(DEVICE)


def ours(training: Training, batch: Batch) -> Step:
    """The step that training makes."""
    return partial(training.step, batch, len(batch), SequenceTotals(DEVICE))


def released(training: Training, batch: Batch) -> Step:
    """The released one, of a copy of the network. Its clips come normalised and channels first from its loaders."""
    step = ReleasedStep(training.model, training.settings)
    clips = {count: batch.normalised(count).contiguous() for count in batch.rows}
    return partial(step, clips, batch.labels.to(DEVICE))


def compiled(training: Training, batch: Batch) -> dict[str, Step]:
    """Our step with a compiled network; where compiling fails, nothing."""
    fast, _ = prepared(training.settings)
    fast.model = torch.compile(fast.model, dynamic=False)
    try:
        return {"ours, compiled": warm(ours(fast, batch))}
    except Exception as error:  # of many kinds, from compilers outside torch too
        print(f"torch.compile failed: {error}")
        return {}


def warm(step: Step) -> Step:
    """After two steps memory is allocated, kernels are chosen and momenta exist."""
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
    """How often a step makes the processor wait for the GPU; the floor is never."""
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
    """Multiply-adds a second, the best of several: of a matrix product and of a convolution, which on a processor are
    computed by different libraries, the first at less than half the rate on some.
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
    """Multiply-adds of a clip's forward passes; its backward passes are twice as many."""
    return sum(multiply_adds(training.model, count, training.settings.crop_size) for count in counts)


def title(case: tuple[str, int, int], counts: tuple[int, ...]) -> str:
    """What is trained."""
    backbone, batch_size, size = case
    method = "FFN {" + ",".join(map(str, counts)) + "}" if len(counts) > 1 else f"TSM {counts[0]}"
    return f"{method}, {backbone}, batch {batch_size}, {size} pixels"


def unit() -> str:
    """Of the clips that a step trains."""
    return "clips/s" if GPU else "clips/CPU s"


if __name__ == "__main__":
    if not GPU:
        print("No GPU here: ResNet-50 at 224 in batches of 32 and 64, its memory and its compiled step were not run")
    command("step", __doc__.partition("\n")[0], measure)
