"""The precision of forward passes."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

Precision = Literal["float32", "bfloat16", "float16"]
AUTOCAST_TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def in_precision(precision: Precision, device: torch.device) -> AbstractContextManager:
    """Forward passes on ``device`` within it have that precision, by automatic mixed precision."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, AUTOCAST_TYPES[precision])
