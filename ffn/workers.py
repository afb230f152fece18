"""The processes that train one network together: which of them this one is, and what they exchange.

They are torch.distributed's default group. Without one a process works alone, and nothing here costs anything.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

Value = TypeVar("Value")


def num_workers() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def worker_rank() -> int:
    """This process's number, from 0; the first writes what is written once."""
    return dist.get_rank() if num_workers() > 1 else 0


def own_share(items: Sequence[Value]) -> Sequence[Value]:
    """Every n-th of ``items``, so that n workers together have each of them once."""
    return items[worker_rank() :: num_workers()]


def gathered(value: Value) -> list[Value]:
    """Every worker's ``value``, in order of rank. All workers must call it."""
    if num_workers() == 1:
        return [value]
    values: list[Value] = [value] * num_workers()
    dist.all_gather_object(values, value)
    return values


def gathered_lengths(length: int) -> list[int]:
    """Every worker's ``length``, in order of rank; on the processor, so that no GPU is waited for."""
    if num_workers() == 1:
        return [length]
    lengths = [torch.zeros(1, dtype=torch.int64) for _ in range(num_workers())]
    dist.all_gather(lengths, torch.tensor([length]))
    return [int(each) for each in lengths]


@torch.no_grad()
def sum_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Add up every gradient over the workers, in one exchange. They must have gradients for the same parameters."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if num_workers() > 1 and gradients:
        _exchange(gradients)


@torch.no_grad()
def average_buffers(model: nn.Module) -> None:
    """Make every running statistic the workers' mean, so that all of them hold the same network."""
    buffers = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
    if num_workers() > 1 and buffers:
        _exchange(buffers, divisor=num_workers())


def _exchange(tensors: Sequence[Tensor], divisor: int = 1) -> None:
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    dist.all_reduce(flat)
    parts = (flat / divisor).split([tensor.numel() for tensor in tensors])
    for tensor, part in zip(tensors, parts):
        tensor.copy_(part.view(tensor.shape))
