"""Checks of a dataclass's fields that raise ValueError with the field's name."""

import math
from collections.abc import Mapping
from typing import Any


def require(owner: Any, name: str, holds: bool, wanted: str) -> None:
    """Raise ValueError for the field ``name`` unless ``holds`` and the value, if a float, is finite."""
    value = getattr(owner, name)
    if not holds or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{name} must be {wanted}, got {value}")


def require_choices(owner: Any, choices: Mapping[str, tuple[Any, ...]]) -> None:
    """Raise ValueError unless each field of ``owner`` in ``choices`` has one of the values there."""
    for name, allowed in choices.items():
        if getattr(owner, name) not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {getattr(owner, name)!r}")
