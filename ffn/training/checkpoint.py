"""Checkpoints: tensors and plain values only, written whole or not at all, opened without executing code.

A run keeps two, after its last and after its best epoch. Where one of them is damaged it goes on from what is whole.
"""

import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZipFile

import torch
from torch import nn

from ffn.files import write_atomically
from ffn.models.factory import create_model
from ffn.models.state_dicts import read_torch_file

FORMAT = 2
LAST, BEST = "last.pt", "best.pt"


class DamagedCheckpointError(ValueError):
    """A checkpoint that was cut short or changed on the disk."""


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write ``content`` to ``path``; an interruption or a full disk leaves the file that was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()  # of a write that fails torch.save says nothing that a reader could use
    torch.save({"format": FORMAT, **content}, buffer)
    write_atomically(path, buffer.getbuffer())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """What ``save_checkpoint`` wrote.

    Raises FileNotFoundError, DamagedCheckpointError, or ValueError naming the file when it holds anything but plain
    values or was written by something else.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: name a checkpoint of this project")
    with path.open("rb") as file:
        whole = _is_whole(file)
    if not whole:
        raise DamagedCheckpointError(f"{path} is damaged: it was cut short or changed on the disk")
    content = read_torch_file(path)
    if not isinstance(content, dict) or "format" not in content:
        raise ValueError(f"{path} is no checkpoint of this project")
    if content["format"] != FORMAT:
        raise ValueError(
            f"{path} was written by another version of this project (format {content['format']}, here {FORMAT}): "
            "use that version, or train again"
        )
    return content


def _is_whole(file: BinaryIO) -> bool:
    """Whether a file of torch.save's, which is a zip archive, fits its checksums; torch.load does not look at them."""
    try:
        with ZipFile(file) as archive:
            return archive.testzip() is None
    except Exception:  # damaged bytes make zipfile raise errors of many kinds
        return False


@dataclass(frozen=True, kw_only=True)
class ResumePoint:
    """The checkpoint with which a run goes on (None: it begins), and the damaged files for which it is not the last."""

    checkpoint: dict[str, Any] | None
    damaged: tuple[Path, ...] = ()

    @property
    def notice(self) -> str:
        """What happened, in one line; empty where nothing is damaged."""
        if not self.damaged:
            return ""
        names = " and ".join(f"{path.name} was damaged (kept as {_aside(path).name})" for path in self.damaged)
        epoch = len(self.checkpoint["history"]) if self.checkpoint else 0
        return f"{names}: " + (f"went on after epoch {epoch}" if epoch else "trained again from the start")

    def set_aside(self) -> None:
        """Keep copies of the damaged files. They stay in place until the run writes them anew: others may read them."""
        for path in self.damaged:
            shutil.copyfile(path, _aside(path))


def resume_point(folder: Path) -> ResumePoint:
    """Where a run with checkpoints in ``folder`` goes on: after its last epoch, else after its best, else at the start.

    The start too where the best is damaged: nothing but training brings it back. Raises FileNotFoundError where only
    the last is left, ValueError for files that are whole and no checkpoints of this version.
    """
    found: dict[str, dict[str, Any]] = {}
    damaged = []
    for path in (folder / BEST, folder / LAST):
        try:
            found[path.name] = load_checkpoint(path)
        except FileNotFoundError:
            continue
        except DamagedCheckpointError:
            damaged.append(path)
    if LAST in found and not (folder / BEST).exists():
        raise FileNotFoundError(f"{folder / BEST} is missing: put it back, or remove {LAST} too to train again")
    checkpoint = found.get(LAST, found[BEST]) if BEST in found else None
    return ResumePoint(checkpoint=checkpoint, damaged=tuple(damaged))


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def model_from_checkpoint(content: dict[str, Any]) -> nn.Module:
    """The network that a checkpoint holds, in evaluation mode."""
    model = create_model(**content["architecture"])
    model.load_state_dict(content["model"])
    return model.eval()
