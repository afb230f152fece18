"""Checkpoints of any origin as networks: this project's, a released one, the earlier reproduction's."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ffn.models.factory import create_model
from ffn.models.official import is_earlier, load_official, official_architecture
from ffn.models.state_dicts import read_torch_file
from ffn.models.tsm import TSM
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint
from ffn.training.settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class OpenedCheckpoint:
    """A network and the metadata in its file."""

    model: TSM
    """In evaluation mode."""
    origin: Literal["own", "released", "earlier"] = "own"
    """Whose code wrote it: this project's; the FFN authors' or the official TSM's; the earlier reproduction's."""
    settings: TrainingSettings | None
    """Settings of the run; None for another project's file."""
    record: dict[str, Any] = field(default_factory=dict)
    """The ``record`` passed to ``Training``; empty by default."""
    epoch: int
    classes: tuple[str, ...] = ()
    """The classes' names in the order of the labels; empty where the file has none."""

    @property
    def backbone(self) -> str:
        """The name of the network's family: resnet50."""
        return self.model.family.name

    @property
    def method(self) -> Literal["tsm", "ffn", "retrofit"]:
        """How it was trained, as far as the file shows: "tsm", "ffn" or "retrofit"."""
        if self.settings and self.settings.start:
            return "retrofit"
        return "ffn" if self.model.context.frame_counts else "tsm"


def open_checkpoint(path: Path) -> OpenedCheckpoint:
    """The network in the file ``path``. Raises FileNotFoundError, or ValueError for a file without one."""
    content = read_torch_file(path)
    if isinstance(content, dict) and "settings" in content:
        return _own(path)
    model = create_model(**official_architecture(content))
    load_official(content, model)
    earlier = is_earlier(content)
    return OpenedCheckpoint(
        model=model.eval(),
        origin="earlier" if earlier else "released",
        settings=None,
        epoch=content.get("epoch", 0) + earlier,  # it counts epochs from 0
    )


def _own(path: Path) -> OpenedCheckpoint:
    content = load_checkpoint(path)
    return OpenedCheckpoint(
        model=model_from_checkpoint(content),
        settings=TrainingSettings.from_dict(content["settings"]),
        record=content["record"],
        epoch=len(content["history"]),
        classes=tuple(content.get("classes", ())),
    )
