"""Checkpoints of any origin as networks: this project's, a released one, the earlier reproduction's, a state dict."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ffn.models.clip_network import ClipNetwork
from ffn.models.factory import create_model, is_frame_by_frame, plain_name
from ffn.models.official import is_earlier, load_official, official_architecture
from ffn.models.state_dicts import checked_state_dict, read_torch_file, shapes_of, state_dict_in
from ffn.models.video_network import VideoNetwork
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint
from ffn.training.settings import TrainingSettings

PARALLEL = "module."  # before every name, where torch's DataParallel wrapped the network


@dataclass(frozen=True, kw_only=True)
class OpenedCheckpoint:
    """A network and the metadata in its file."""

    model: VideoNetwork
    """In evaluation mode."""
    origin: Literal["own", "released", "earlier", "state dict"] = "own"
    """Whose code wrote it: this project's; the FFN authors' or the official TSM's; the earlier reproduction's; or
    anybody's, with nothing but the weights."""
    settings: TrainingSettings | None
    """Settings of the run; None for another project's file; those given for a state dict."""
    record: dict[str, Any] = field(default_factory=dict)
    """The ``record`` passed to ``Training``; empty by default."""
    epoch: int
    classes: tuple[str, ...] = ()
    """The classes' names in the order of the labels; empty where the file has none."""

    @property
    def backbone(self) -> str:
        """The network's name as ``TrainingSettings.backbone`` has it: resnet50."""
        return self.model.backbone_name

    @property
    def size(self) -> int:
        """Height and width of its input in pixels, as far as the file shows; else the paper's."""
        return (self.settings or TrainingSettings()).crop_size

    @property
    def method(self) -> Literal["tsm", "ffn", "retrofit"]:
        """How it was trained, as far as the file shows: "tsm", "ffn" or "retrofit"."""
        if self.settings and self.settings.start:
            return "retrofit"
        return "ffn" if self.model.context.frame_counts else "tsm"


def check_classes(opened: OpenedCheckpoint, path: str | Path, num_classes: int, classes: Sequence[str]) -> None:
    """Raise ValueError unless the network in ``path`` was trained for the data's classes, in the same order.

    ``classes``: the data's names in the order of the labels; empty where they are not known.
    """
    trained = opened.model.architecture["num_classes"]
    if trained != num_classes:
        raise ValueError(f"{path} was trained for {trained} classes, the data has {num_classes}")
    for place, (theirs, ours) in enumerate(zip(opened.classes, classes)):
        if theirs != ours:
            raise ValueError(
                f"{path} was trained with {theirs!r} as class {place}, the data has {ours!r} there: name the classes "
                "as in training, in the same order"
            )


@dataclass(frozen=True, kw_only=True)
class StateDictOf:
    """What a plain state dict does not say: how its network was trained, and for how many classes."""

    settings: TrainingSettings
    num_classes: int


def open_checkpoint(path: Path, of: StateDictOf | None = None) -> OpenedCheckpoint:
    """The network in the file ``path``; ``of``: what is known if it is the state dict of a network over clips.

    Raises FileNotFoundError, or ValueError for a file without a network, or of another one than ``of`` says.
    """
    content = read_torch_file(path)
    if isinstance(content, dict) and "settings" in content:
        return _own(path)
    if of and not is_frame_by_frame(of.settings.backbone):
        return _of_state_dict(path, content, of)
    model = create_model(**official_architecture(content, origin=path))
    load_official(content, model, origin=path)
    earlier = is_earlier(content)
    return OpenedCheckpoint(
        model=model.eval(),
        origin="earlier" if earlier else "released",
        settings=None,
        epoch=content.get("epoch", 0) + earlier,  # it counts epochs from 0
    )


def _of_state_dict(path: Path, content: Any, of: StateDictOf) -> OpenedCheckpoint:
    model = create_model(plain_name(of.settings.backbone), of.num_classes)
    assert isinstance(model, ClipNetwork)
    state = state_dict_in(content, path)
    if all(str(name).startswith(PARALLEL) for name in state):
        state = {name.removeprefix(PARALLEL): value for name, value in state.items()}
    model.network.load_state_dict(checked_state_dict(state, shapes_of(model.network.state_dict()), path))
    return OpenedCheckpoint(model=model.eval(), origin="state dict", settings=of.settings, epoch=0)


def _own(path: Path) -> OpenedCheckpoint:
    content = load_checkpoint(path)
    return OpenedCheckpoint(
        model=model_from_checkpoint(content, path),
        settings=TrainingSettings.from_dict(content["settings"]),
        record=content["record"],
        epoch=len(content["history"]),
        classes=tuple(content.get("classes", ())),
    )
