"""The precision of forward passes."""

from contextlib import AbstractContextManager, nullcontext

import torch

from ffn.training.settings import TrainingSettings

AUTOCAST_TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def in_precision_of(settings: TrainingSettings, device: torch.device) -> AbstractContextManager:
    """Forward passes on ``device`` within it have the settings' precision."""
    if settings.precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, AUTOCAST_TYPES[settings.precision])
