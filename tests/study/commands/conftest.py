"""Checkpoints for the commands."""

import pytest

import ffn
from ffn.training.checkpoint import model_from_checkpoint, save_checkpoint


@pytest.fixture
def saved(tiny_settings, tmp_path):
    """Writes last.pt with an untrained network, as training would write it; the path and the network."""

    def write(record=None, **changes):
        settings = tiny_settings(**changes)
        model = ffn.create_model(**settings.architecture(12))
        content = {"settings": settings.as_dict(), "architecture": model.architecture, "model": model.state_dict()}
        path = tmp_path / "last.pt"
        save_checkpoint(path, content | {"history": [], "record": record or {}})
        return path, model_from_checkpoint(content)

    return write
