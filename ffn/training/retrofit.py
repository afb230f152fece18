"""Retrofit: freeze a trained network and train private parts for additional frame counts.

At its original count the network's outputs stay bit-identical.
"""

from collections.abc import Sequence
from pathlib import Path

from ffn.models.frame_context import PerFrameCount
from ffn.models.frame_flexible import frame_flexible, private_parameters
from ffn.models.normalisation import normalisation_layers
from ffn.models.video_network import VideoNetwork
from ffn.training.opened_checkpoint import OpenedCheckpoint, StateDictOf, check_classes, open_checkpoint
from ffn.training.settings import TrainingSettings

RELEASED_COUNT = 16  # the FFN authors' TSM; released checkpoints do not store it


def retrofitted_network(settings: TrainingSettings, num_classes: int, classes: Sequence[str] = ()) -> VideoNetwork:
    """The network of ``settings.start``, frozen, with parts for the schedule's counts, which alone are trained.

    ``classes``: the names in the order of the labels, if they are known.
    Raises FileNotFoundError or ValueError if the checkpoint cannot be used.
    """
    assert settings.start is not None and settings.parts is not None  # checked by TrainingSettings
    source = open_checkpoint(Path(settings.start), StateDictOf(settings=settings, num_classes=num_classes))
    kept = kept_count(source, settings.start_frames)
    check_classes(source, settings.start, num_classes, classes)
    check_source(source, settings, kept)
    counts = (*settings.frame_counts, kept)
    network = frame_flexible(source.model, counts, **settings.parts.as_dict(), alteration_std=0.0).requires_grad_(False)
    for count in settings.frame_counts:
        for parameter in private_parameters(network, count):
            parameter.requires_grad_(True)
    return network


def kept_count(source: OpenedCheckpoint, given: int | None) -> int:
    """The count at which ``source`` was trained: from its settings, or ``given`` where these have several or are not
    there; else that of released files.

    Raises ValueError for an FFN, for another count than the settings', for none of several, and for none of a state
    dict, which does not say.
    """
    if source.model.context.frame_counts:
        raise ValueError(
            f"start holds an FFN {source.model.context.frame_counts}, pass the checkpoint of a plain network"
        )
    if source.origin == "state dict" and not given:
        raise ValueError("start_frames must be given (--trained-at): a state dict does not say how it was trained")
    if source.origin != "own" or source.settings is None:
        return given or RELEASED_COUNT
    trained = source.settings.frame_counts
    kept = given or (trained[0] if len(trained) == 1 else None)
    if kept not in trained:
        raise ValueError(
            f"start_frames (--trained-at) must be one of {trained}, the counts at which start was trained, got {given}"
        )
    return kept


def check_source(source: OpenedCheckpoint, settings: TrainingSettings, kept: int) -> None:
    """Raise ValueError with the field if ``settings`` cannot retrofit ``source``, trained at ``kept`` frames."""
    if source.backbone != settings.backbone:
        raise ValueError(f"backbone is {settings.backbone}, but {settings.start} holds a {source.backbone}")
    if kept in settings.frame_counts:
        raise ValueError(f"schedule: {settings.start} was trained at {kept} frames already, pass other counts")


def train_mode(model: VideoNetwork, settings: TrainingSettings) -> None:
    """Training mode, but for a retrofit's frozen normalisation layers: their statistics must not change."""
    model.train()
    if not settings.start:
        return
    private = [module for module in model.modules() if isinstance(module, PerFrameCount)]
    parts = [part[str(count)] for part in private for count in settings.frame_counts]
    trained = {layer for part in parts for layer in normalisation_layers(part)}
    for layer in normalisation_layers(model):
        layer.train(layer in trained)
