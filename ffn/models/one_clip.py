"""A network and one clip, to learn what it takes and what that costs.

On "meta" both are shapes alone and cost nothing, but a network that needs values, as ``.item()`` does, raises
RuntimeError there.
"""

import copy
from collections.abc import Callable
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

Where = Literal["meta", "cpu"]
Result = TypeVar("Result")


def evaluating_copy(model: nn.Module, where: Where) -> nn.Module:
    """A copy of ``model`` in evaluation mode, in float32."""
    return copy.deepcopy(model).to(where, torch.float32).eval()


def one_clip(count: int, size: int, where: Where) -> Tensor:
    """A black clip (1, ``count``, 3, ``size``, ``size``)."""
    return torch.zeros(1, count, 3, size, size, device=where)


def on_shapes_or_values(run: Callable[[Where], Result]) -> Result:
    """``run`` on shapes alone, or on the CPU for a network that needs values."""
    try:
        return run("meta")
    except RuntimeError:
        return run("cpu")
