"""The device that benchmarks run on: how long a call takes there, its best rates, and the bytes that a call moves.

On a CPU times are one thread's CPU time, which is least affected by other load; on a GPU wall-clock time.
"""

import time
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda" if GPU else "cpu")
PRECISION = "bfloat16" if GPU else "float32"
GPU_STEPS = 10
SIDE, QUICK_SIDE = 8192 if GPU else 1024, 256  # of the matrices that are multiplied to measure the machine's rate
COPIED = 2**30 if GPU else 2**26  # bytes, more than caches hold

Step = Callable[[], object]


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


def seconds_after(first: int, batches: Iterable, take: Callable[[Any], object]) -> float:
    """Wall-clock seconds to ``take`` all ``batches`` but the ``first``, during which loader processes start."""
    rest = iter(batches)
    for batch in islice(rest, first):
        take(batch)
    wait()
    begin = time.perf_counter()
    for batch in rest:
        take(batch)
    wait()
    return time.perf_counter() - begin


def wait() -> None:
    """Until a GPU has done what it was given."""
    if GPU:
        torch.cuda.synchronize()


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


def copy_rate() -> float:
    """Bytes read and written per second by copying a large tensor: the device's rate of memory traffic."""
    source = torch.zeros(COPIED, dtype=torch.uint8, device=DEVICE)
    target = torch.empty_like(source)
    copy = warm(lambda: target.copy_(source))
    return 2 * COPIED / min(seconds(copy) for _ in range(10))


def traffic(call: Callable[[], object]) -> int:
    """Bytes that the operations of ``call`` read and write, each operand once; views move nothing."""
    with _Traffic() as counted:
        call()
    return counted.bytes


class _Traffic(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):  # type: ignore[no-untyped-def]
        result = operation(*arguments, **(keywords or {}))
        if not operation.is_view:
            tensors = (leaf for leaf in tree_leaves((arguments, keywords, result)) if isinstance(leaf, Tensor))
            self.bytes += sum(tensor.nbytes for tensor in tensors)
        return result
