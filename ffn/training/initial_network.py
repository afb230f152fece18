"""The network with which a run begins: new, with the weights of another run, or a retrofit's frozen one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from ffn.models.clip_network import check_frame_counts
from ffn.models.factory import create_model, plain_name
from ffn.models.frame_flexible import frame_flexible
from ffn.models.parts import Parts
from ffn.models.video_network import VideoNetwork
from ffn.training.opened_checkpoint import OpenedCheckpoint, open_checkpoint
from ffn.training.retrofit import retrofitted_network
from ffn.training.settings import TrainingSettings

OWN_OF_COUNTS = ("frame_counts", *Parts().as_dict())


def initial_network(settings: TrainingSettings, num_classes: int, classes: Sequence[str] = ()) -> VideoNetwork:
    """The network at the start of a run; frozen parameters have ``requires_grad`` False.

    ``classes``: the names in the order of the labels, if they are known.
    Raises FileNotFoundError or ValueError if the initial weights or the checkpoint to begin from cannot be used, and
    ValueError if the network does not take clips of the frame counts and pixels.
    """
    begin = retrofitted_network if settings.start else _new
    model = begin(settings, num_classes, classes)
    check_frame_counts(model, settings.frame_counts, settings.crop_size)
    return model


def _new(settings: TrainingSettings, num_classes: int, classes: Sequence[str]) -> VideoNetwork:
    model = create_model(**settings.architecture(num_classes), weights=settings.weights)
    if settings.pretrained:
        _begin_from(open_checkpoint(Path(settings.pretrained)), model, settings, tuple(classes))
    return model


def _begin_from(
    source: OpenedCheckpoint, model: VideoNetwork, settings: TrainingSettings, classes: tuple[str, ...]
) -> None:
    """Load all weights and statistics of ``source`` into ``model``; its classifier stays new for other classes.

    A plain network's weights go into the parts of every frame count, and scales begin at zero, so that with the same
    classes the outputs are those of ``source``. Raises ValueError naming start.
    """
    _check(source, model, settings)
    network = source.model
    if settings.parts and not network.context.frame_counts:
        network = frame_flexible(network, settings.frame_counts, **settings.parts.as_dict(), alteration_std=0.0)
    renamed = bool(classes and source.classes and classes != source.classes)
    model.load_state_dict(_fitting(network, model, other_classes=renamed))


def _fitting(source: VideoNetwork, model: VideoNetwork, *, other_classes: bool) -> dict[str, Tensor]:
    state = source.state_dict()
    if source.architecture["num_classes"] == model.architecture["num_classes"] and not other_classes:
        return state
    prefix = f"{model.classifier_name}."
    classifier = {name: value for name, value in model.state_dict().items() if name.startswith(prefix)}
    return state | classifier


def _check(source: OpenedCheckpoint, model: VideoNetwork, settings: TrainingSettings) -> None:
    found, wanted = source.model.architecture, model.architecture
    if source.backbone != settings.backbone:
        raise ValueError(f"start: {settings.pretrained} holds a {source.backbone}, but backbone is {settings.backbone}")
    if _shift(found) != _shift(wanted):
        raise ValueError(f"start: {settings.pretrained} shifts in other places than a {plain_name(settings.backbone)}")
    if source.model.context.frame_counts and _own_of_counts(found) != _own_of_counts(wanted):
        raise ValueError(
            f"start: {settings.pretrained} holds an FFN {source.model.context.frame_counts}, whose weights fit only an "
            "FFN of the same frame counts and parts"
        )


def _shift(architecture: dict[str, Any]) -> tuple[Any, bool]:
    return architecture.get("shift_every"), architecture.get("shift", True)


def _own_of_counts(architecture: dict[str, Any]) -> list[Any]:
    return [architecture.get(name) for name in OWN_OF_COUNTS]
