"""The processes that train one network together: rank, shards and collectives.

They form torch.distributed's default group. Without a group a process is alone, and everything here is free.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

Value = TypeVar("Value")


def num_workers() -> int:
    """Number of processes that train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def worker_rank() -> int:
    """This process's rank, from 0; rank 0 writes the files."""
    return dist.get_rank() if num_workers() > 1 else 0


def shard(items: Sequence[Value]) -> Sequence[Value]:
    """Every n-th item; the shards of all n workers together hold each item once."""
    return items[worker_rank() :: num_workers()]


def all_gather(value: Value) -> list[Value]:
    """Every worker's ``value``, in order of rank. All workers must call it."""
    if num_workers() == 1:
        return [value]
    values: list[Value] = [value] * num_workers()
    dist.all_gather_object(values, value)
    return values


def all_gather_lengths(length: int) -> list[int]:
    """Every worker's ``length``, in order of rank; on the CPU, to avoid a GPU synchronisation."""
    if num_workers() == 1:
        return [length]
    lengths = [torch.zeros(1, dtype=torch.int64) for _ in range(num_workers())]
    dist.all_gather(lengths, torch.tensor([length]))
    return [int(each) for each in lengths]


@torch.no_grad()
def sum_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Sum all gradients over the workers in one all-reduce. They must have gradients for the same parameters."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if num_workers() > 1 and gradients:
        _all_reduce(gradients)


@torch.no_grad()
def average_buffers(model: nn.Module) -> None:
    """Average the running statistics over the workers, so that all hold the same network."""
    buffers = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
    if num_workers() > 1 and buffers:
        _all_reduce(buffers, divisor=num_workers())


def _all_reduce(tensors: Sequence[Tensor], divisor: int = 1) -> None:
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    dist.all_reduce(flat)
    parts = (flat / divisor).split([tensor.numel() for tensor in tensors])
    for tensor, part in zip(tensors, parts):
        tensor.copy_(part.view(tensor.shape))
