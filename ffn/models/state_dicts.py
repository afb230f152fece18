"""State dicts from elsewhere: opened without executing code, and checked as a whole before any of them is used."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

BATCH_COUNTER = "num_batches_tracked"
SHOWN_NAMES = 3

# The authors' optimizers stepped their learning rates with numpy, so that their files hold its floats, under the name
# that numpy gave their class before its version 2.
_NUMPY_FLOAT = np.float64().__reduce__()[0]
_PLAIN_NUMBERS: list[Any] = [
    _NUMPY_FLOAT,
    (_NUMPY_FLOAT, "numpy.core.multiarray.scalar"),
    np.dtype,
    type(np.dtype(np.float64)),
]


def read_torch_file(path: str | Path) -> Any:
    """What ``torch.save`` wrote to ``path``: tensors, on the CPU, and plain values, numpy's floats among them.

    Raises FileNotFoundError, or ValueError naming the file when it is damaged, was not written by ``torch.save``, or
    holds other objects, which are never built.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is missing: name a file that torch.save wrote")
    try:
        with torch.serialization.safe_globals(_PLAIN_NUMBERS):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes make torch.load raise errors of many kinds
        raise ValueError(f"{path} cannot be opened: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    refused = re.search(r"Unsupported global: GLOBAL (\S+)", str(error))
    if refused:
        return f"it holds {refused[1]} beside tensors and plain values; save its state dict alone"
    return f"it is damaged or was not written by torch.save ({type(error).__name__}); fetch it again"


def checked_state_dict(source: Any, wanted: Mapping[str, tuple[int, ...]], origin: str | Path) -> dict[str, Tensor]:
    """``source`` as a state dict of exactly the names and shapes in ``wanted``.

    A source without a single ``num_batches_tracked``, as PyTorch wrote them before 0.4.1, gets zeros there: BatchNorm
    reads that counter only under a cumulative average, which these networks do not use.

    Raises ValueError naming ``origin`` when ``source`` is no state dict, and else everything at once that is missing,
    left over, or of the wrong shape: a few names of each and their number.
    """
    if not _is_state_dict(source):
        raise ValueError(f"{origin} is no state dict: it must map names to tensors")
    counted = any(name.endswith(BATCH_COUNTER) for name in source)
    counters = {} if counted else {name: torch.tensor(0) for name in wanted if name.endswith(BATCH_COUNTER)}
    state = {**source, **counters}
    problems = {
        "missing": [name for name in wanted if name not in state],
        "left over": [name for name in state if name not in wanted],
        "of the wrong shape": [
            f"{name} {tuple(state[name].shape)} instead of {tuple(shape)}"
            for name, shape in wanted.items()
            if name in state and state[name].shape != shape
        ],
    }
    if any(problems.values()):
        found = "; ".join(f"{len(names)} {problem}: {_few(names)}" for problem, names in problems.items() if names)
        raise ValueError(f"{origin} does not fit the model: {found}")
    return state


def _is_state_dict(source: Any) -> bool:
    return isinstance(source, Mapping) and all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in source.items()
    )


def _few(names: list[str]) -> str:
    return ", ".join(names[:SHOWN_NAMES]) + (", ..." if len(names) > SHOWN_NAMES else "")
