"""Initial weights of a backbone: torchvision's, or a file whose tensors are placed by their names or order."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ffn.models.families.clip_family import ClipFamily
from ffn.models.families.family import Family
from ffn.models.state_dicts import BATCH_COUNTER, checked_state_dict, is_state_dict, read_torch_file, shapes_of

TORCHVISIONS = (Family.weights_name, ClipFamily.weights_name)
Shapes = Mapping[str, tuple[int, ...]]
log = logging.getLogger(__name__)


def load_backbone_weights(network: nn.Module, family: Family | ClipFamily, head: str, weights: str | Path) -> None:
    """Load ``weights`` into ``network`` of ``family``: the name of torchvision's, or a file's path.

    torchvision's are "imagenet" for image networks, "kinetics" for networks over clips. A file has torchvision's names,
    or the same tensors in torchvision's order under other names. It may lack ``head``, the submodule that makes the
    logits, or have one for other classes: then that of ``network`` stays as it is. One line is logged that says which
    of the two it is: that it is the order, as a warning. Raises FileNotFoundError for a missing file, ValueError for
    one that cannot be opened or does not fit.
    """
    if weights in TORCHVISIONS and weights != family.weights_name:
        raise ValueError(f"weights: {weights} weights are of other networks, those of a {family.name} are "
                         f"{family.weights_name}")  # fmt: skip
    state = _torchvisions(family) if weights == family.weights_name else read_torch_file(weights)
    own, prefix = network.state_dict(), f"{head}."
    network.load_state_dict(own | _placed(_of_these_classes(state, own, prefix), own, prefix, f"weights: {weights}"))


def _torchvisions(family: Family | ClipFamily) -> dict[str, Tensor]:
    if family.weights is None:
        source = family.weights_source
        raise ValueError(f"weights: there are no {source} weights for the {family.name} network, leave weights=None")
    try:
        return family.weights.get_state_dict(check_hash=True)
    except OSError as error:
        raise ValueError(f"weights: torchvision's file cannot be downloaded ({error}), pass a local copy") from error


def _of_these_classes(state: Any, own: Mapping[str, Tensor], head: str) -> Any:
    """``state`` without its head if that has another number of classes."""
    if not is_state_dict(state):
        return state
    theirs = {name: value for name, value in state.items() if name.startswith(head)}
    other = any(name in own and value.shape[:1] != own[name].shape[:1] for name, value in theirs.items())
    return {name: value for name, value in state.items() if name not in theirs} if other else state


def _placed(state: Any, own: Mapping[str, Tensor], head: str, origin: str) -> dict[str, Tensor]:
    shapes = shapes_of(own)
    without_head = {name: shape for name, shape in shapes.items() if not name.startswith(head)}
    for wanted in (shapes, without_head):
        if names := _names_by_order(state, wanted):
            renamed = {name: state[theirs] for theirs, name in names.items()}
            log.warning("%s: placed by the order and shapes of its %d tensors, not by names", origin, len(names))
            return checked_state_dict(renamed, wanted, origin)
    has_head = is_state_dict(state) and any(name.startswith(head) for name in state)
    placed = checked_state_dict(state, shapes if has_head else without_head, origin)
    log.info("%s: placed by the names of its %d tensors", origin, len(state))
    return placed


def _names_by_order(state: Any, wanted: Shapes) -> dict[str, str]:
    """``wanted``'s names by those of ``state`` if its tensors are the same in the same order; else nothing.

    Nothing either where the names are ``wanted``'s, in whatever order. The last parts of the names must agree: shapes
    alone cannot tell a BatchNorm's weight from its bias and its statistics.
    """
    if not is_state_dict(state):
        return {}
    counted = any(name.endswith(BATCH_COUNTER) for name in state)
    names = [name for name in wanted if counted or not name.endswith(BATCH_COUNTER)]
    same = len(names) == len(state) and all(
        (_last(theirs), tuple(value.shape)) == (_last(name), wanted[name])
        for (theirs, value), name in zip(state.items(), names)
    )
    return dict(zip(state, names)) if same and set(names) != set(state) else {}


def _last(name: str) -> str:
    return name.rpartition(".")[2]
