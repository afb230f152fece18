"""Retrofit: freeze a trained network and train private parts for additional frame counts.

At its original count the network's outputs stay bit-identical.
"""

from pathlib import Path

from ffn.models.frame_flexible import frame_flexible, private_parameters
from ffn.models.normalisation import normalisation_layers
from ffn.models.video_network import VideoNetwork
from ffn.training.opened_checkpoint import OpenedCheckpoint, StateDictOf, open_checkpoint
from ffn.training.settings import TrainingSettings

RELEASED_COUNT = 16  # the FFN authors' TSM; released checkpoints do not store it


def retrofitted_network(settings: TrainingSettings, num_classes: int) -> VideoNetwork:
    """The network of ``settings.start``, frozen, with parts for the schedule's counts, which alone are trained.

    Raises FileNotFoundError or ValueError if the checkpoint cannot be used.
    """
    assert settings.start is not None and settings.parts is not None  # checked by TrainingSettings
    source = open_checkpoint(Path(settings.start), StateDictOf(settings=settings, num_classes=num_classes))
    kept = kept_count(source, settings.start_frames)
    check_source(source, settings, kept, num_classes)
    counts = (*settings.frame_counts, kept)
    network = frame_flexible(source.model, counts, **settings.parts.as_dict(), alteration_std=0.0).requires_grad_(False)
    for count in settings.frame_counts:
        for parameter in private_parameters(network, count):
            parameter.requires_grad_(True)
    return network


def kept_count(source: OpenedCheckpoint, given: int | None) -> int:
    """The count at which ``source`` was trained: ``given``, else from its settings, else that of released files.

    Raises ValueError for an FFN, for a network trained at several counts, and for a state dict, which does not say.
    """
    if source.model.context.frame_counts:
        raise ValueError(
            f"start holds an FFN {source.model.context.frame_counts}, pass the checkpoint of a plain network"
        )
    if given:
        return given
    if source.origin == "state dict":
        raise ValueError("start_frames must be given (--trained-at): a state dict does not say how it was trained")
    if source.settings is None:
        return RELEASED_COUNT
    trained = source.settings.frame_counts
    if len(trained) > 1:
        raise ValueError(f"start_frames must be one of {trained}, the counts at which start was trained")
    return trained[0]


def check_source(source: OpenedCheckpoint, settings: TrainingSettings, kept: int, num_classes: int) -> None:
    """Raise ValueError with the field if ``settings`` cannot retrofit ``source``, trained at ``kept`` frames."""
    architecture = source.model.architecture
    if architecture["num_classes"] != num_classes:
        raise ValueError(
            f"start: {settings.start} was trained for {architecture['num_classes']} classes, the data has {num_classes}"
        )
    if source.backbone != settings.backbone:
        raise ValueError(f"backbone is {settings.backbone}, but {settings.start} holds a {source.backbone}")
    if kept in settings.frame_counts:
        raise ValueError(f"schedule: {settings.start} was trained at {kept} frames already, pass other counts")


def train_mode(model: VideoNetwork) -> None:
    """Training mode, except for frozen normalisation layers: their statistics must not change."""
    model.train()
    for layer in normalisation_layers(model):
        parameters = list(layer.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            layer.eval()
