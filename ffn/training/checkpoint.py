"""Checkpoints: tensors and plain values only, written whole or not at all, opened without executing code."""

import os
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ffn.models.factory import create_model
from ffn.models.state_dicts import read_torch_file

FORMAT = 1


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write ``content`` to ``path``; an interruption leaves the file that was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            torch.save({"format": FORMAT, **content}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """What ``save_checkpoint`` wrote.

    Raises FileNotFoundError, or ValueError naming the file when it is damaged or holds anything but plain values.
    """
    content = read_torch_file(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{path} is no checkpoint of this project (format {FORMAT})")
    return content


def model_from_checkpoint(content: dict[str, Any]) -> nn.Module:
    """The network that a checkpoint holds, in evaluation mode."""
    model = create_model(**content["architecture"])
    model.load_state_dict(content["model"])
    return model.eval()
