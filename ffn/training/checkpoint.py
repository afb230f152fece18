"""Checkpoints: tensors and plain values only, written atomically, loaded without executing code.

A run keeps two, of its last and of its best epoch. If one of them is damaged, the run resumes from the other.
"""

import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZipFile

import torch

from ffn.files import write_atomically
from ffn.models.factory import create_model
from ffn.models.state_dicts import checked_state_dict, read_torch_file, shapes_of
from ffn.models.video_network import VideoNetwork

FORMAT = 2
LAST, BEST = "last.pt", "best.pt"


class DamagedCheckpointError(ValueError):
    """A checkpoint that was truncated or altered on disk."""


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write ``content`` to ``path``; after an interruption or with a full disk the previous file is intact."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()  # torch.save does not report why a write failed
    torch.save({"format": FORMAT, **content}, buffer)
    write_atomically(path, buffer.getbuffer())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read what ``save_checkpoint`` wrote.

    Raises FileNotFoundError, DamagedCheckpointError, or ValueError with the path if the file is not a checkpoint,
    contains anything but tensors and plain values, or was written by another version.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: pass a checkpoint of this project")
    with path.open("rb") as file:
        whole = _is_whole(file)
    if not whole:
        raise DamagedCheckpointError(f"{path} is damaged: it was truncated or altered on disk")
    content = read_torch_file(path)
    if not isinstance(content, dict) or "format" not in content:
        raise ValueError(f"{path} is not a checkpoint of this project")
    if content["format"] != FORMAT:
        raise ValueError(
            f"{path} was written by another version of this project (format {content['format']}, here {FORMAT}): "
            "use that version, or train again"
        )
    return content


def _is_whole(file: BinaryIO) -> bool:
    """Whether the zip archive matches its checksums, which torch.load does not verify."""
    try:
        with ZipFile(file) as archive:
            return archive.testzip() is None
    except Exception:  # zipfile raises many kinds of errors on damaged bytes
        return False


@dataclass(frozen=True, kw_only=True)
class ResumePoint:
    """The checkpoint to resume from (None: start from scratch), and the damaged files."""

    checkpoint: dict[str, Any] | None
    damaged: tuple[Path, ...] = ()

    @property
    def notice(self) -> str:
        """What happened, in one line; empty if nothing is damaged."""
        if not self.damaged:
            return ""
        names = " and ".join(f"{path.name} was damaged (kept as {_aside(path).name})" for path in self.damaged)
        epoch = len(self.checkpoint["history"]) if self.checkpoint else 0
        return f"{names}: " + (f"resumed after epoch {epoch}" if epoch else "trained again from the start")

    def set_aside(self) -> None:
        """Copy the damaged files. The originals stay until overwritten, as other workers may be reading them."""
        for path in self.damaged:
            shutil.copyfile(path, _aside(path))


def resume_point(folder: Path) -> ResumePoint:
    """Where a run with checkpoints in ``folder`` resumes: after its last epoch, else its best, else from scratch.

    Also from scratch if the best is damaged, as only training can restore it. Raises FileNotFoundError if only the
    last exists, ValueError for intact files that are not checkpoints of this version.
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


def model_from_checkpoint(content: dict[str, Any], origin: str | Path = "the checkpoint") -> VideoNetwork:
    """Build the network of a checkpoint, in evaluation mode.

    Raises ValueError with ``origin``, its file, if it does not fit, as after a change to the code of one's own network.
    """
    model = create_model(**content["architecture"])
    model.load_state_dict(checked_state_dict(content["model"], shapes_of(model.state_dict()), origin))
    return model.eval()
