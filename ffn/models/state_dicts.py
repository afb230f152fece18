"""State dicts from other sources: loaded without executing code, and checked completely before use."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

BATCH_COUNTER = "num_batches_tracked"
SHOWN_NAMES = 3
PLACES = ("state_dict", "model_state_dict")
"""Under what checkpoints have their state dict: the two released codes and others; the earlier reproduction."""

# The authors' learning-rate schedules used numpy, so their files contain numpy floats, under the class name of numpy
# before version 2.
_NUMPY_FLOAT = np.float64().__reduce__()[0]
_PLAIN_NUMBERS: list[Any] = [
    _NUMPY_FLOAT,
    (_NUMPY_FLOAT, "numpy.core.multiarray.scalar"),
    np.dtype,
    type(np.dtype(np.float64)),
]


def read_torch_file(path: str | Path) -> Any:
    """Load a file of ``torch.save``: tensors, to the CPU, and plain values, including numpy floats. ``~`` is the home
    folder.

    Raises FileNotFoundError, or ValueError with the path if the file is damaged, was not written by ``torch.save``, or
    contains other objects; these are never constructed.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: pass a file written by torch.save")
    try:
        with torch.serialization.safe_globals(_PLAIN_NUMBERS):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes make torch.load raise errors of many kinds
        raise ValueError(f"{path} cannot be opened: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    refused = re.search(r"Unsupported global: GLOBAL (\S+)", str(error))
    if refused:
        return f"it contains {refused[1]} beside tensors and plain values; save only its state dict"
    return f"it is damaged or was not written by torch.save ({type(error).__name__}); download it again"


def state_dict_in(content: Any, origin: str | Path) -> Mapping[str, Any]:
    """``content`` itself, or the state dict under one of the names in ``PLACES``.

    Raises ValueError with ``origin`` if neither is a mapping.
    """
    place = next((name for name in PLACES if isinstance(content, Mapping) and name in content), None)
    state = content[place] if place else content
    if not isinstance(state, Mapping):
        places = " or ".join(map(repr, PLACES))
        raise ValueError(f"{origin} is not a checkpoint: it has no state dict at its top level or under {places}")
    return state


def checked_state_dict(source: Any, wanted: Mapping[str, tuple[int, ...]], origin: str | Path) -> dict[str, Tensor]:
    """``source`` as a state dict with exactly the names and shapes in ``wanted``.

    If ``source`` has no ``num_batches_tracked`` at all, as before PyTorch 0.4.1, these are set to zero: BatchNorm uses
    the counter only for a cumulative average, which these networks do not use.

    Raises ValueError with ``origin`` if ``source`` is not a state dict; otherwise with the number and a few of the
    names that are missing, left over, and of the wrong shape.
    """
    if not is_state_dict(source):
        raise ValueError(f"{origin} is not a state dict: it must map names to tensors")
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


def shapes_of(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """The shapes in a state dict by name."""
    return {name: tuple(value.shape) for name, value in state.items()}


def is_state_dict(source: Any) -> bool:
    """Whether ``source`` maps names to tensors."""
    return isinstance(source, Mapping) and all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in source.items()
    )


def _few(names: list[str]) -> str:
    return ", ".join(names[:SHOWN_NAMES]) + (", ..." if len(names) > SHOWN_NAMES else "")
