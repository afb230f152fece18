"""Checks of a dataclass's fields that raise ValueError with the field's name."""

import math
from dataclasses import fields
from typing import Any, Literal, get_args, get_origin


def require(owner: Any, name: str, holds: bool, wanted: str) -> None:
    """Raise ValueError for the field ``name`` unless ``holds`` and the value, if a float, is finite."""
    value = getattr(owner, name)
    if not holds or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{name} must be {wanted}, got {value!r}")


def require_choices(owner: Any) -> None:
    """Raise ValueError unless each field of ``owner`` of a Literal type has one of its values."""
    for field in fields(owner):
        if get_origin(field.type) is Literal:
            choices = get_args(field.type)
            require(owner, field.name, getattr(owner, field.name) in choices, f"one of {', '.join(choices)}")
