"""Checkpoints of any origin as networks: this project's, the FFN authors', the official TSM repository's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ffn.models.factory import create_model
from ffn.models.official import load_official, official_architecture
from ffn.models.state_dicts import read_torch_file
from ffn.models.tsm import TSM
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint


@dataclass(frozen=True, kw_only=True)
class OpenedCheckpoint:
    """``model`` in evaluation mode; ``settings`` of the run that wrote it (None: another project's); its ``epoch``."""

    model: TSM
    settings: dict[str, Any] | None
    epoch: int

    @property
    def backbone(self) -> str:
        """The name of the network without its kind: resnet50."""
        return self.model.architecture["name"].split("_")[1]


def open_checkpoint(path: Path) -> OpenedCheckpoint:
    """The network in the file ``path``. Raises FileNotFoundError, or ValueError for a file that holds none."""
    content = read_torch_file(path)
    if isinstance(content, dict) and "settings" in content:
        own = load_checkpoint(path)
        return OpenedCheckpoint(model=model_from_checkpoint(own), settings=own["settings"], epoch=len(own["history"]))
    model = create_model(**official_architecture(content))
    load_official(content, model)
    return OpenedCheckpoint(model=model.eval(), settings=None, epoch=content.get("epoch", 0))
