"""The conversion of a network into a Frame Flexible Network (FFN paper, section 3, for TSM).

Convolutions and classifier stay shared; each frame count gets its own normalisation layers (specialised normalisation)
and scales on the input channels of a TSM's shifting convolutions, or of the layers that another network's family names
(weight alteration). ``Parts`` selects these and further private parts.
"""

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from torch import nn
from torch.nn.modules.conv import _ConvNd

from ffn.models.clip_network import as_video_network
from ffn.models.frame_context import PerFrameCount, validated_frame_counts
from ffn.models.normalisation import NORMALISATIONS
from ffn.models.parts import Parts
from ffn.models.temporal_kernels import TemporalKernelConv2d
from ffn.models.temporal_shift import FrameConv2d
from ffn.models.video_network import VideoNetwork
from ffn.models.weight_alteration import Altered, altered

NEAR_ZERO_STD = 1e-3
WEIGHTS = (_ConvNd, nn.MultiheadAttention, nn.Linear)  # attention reads its linear layer's weight: copied whole

Kind = TypeVar("Kind", bound=nn.Module)


def frame_flexible(
    model: nn.Module,
    frame_counts: Sequence[int],
    *,
    alteration_std: float | None = NEAR_ZERO_STD,
    **parts: bool,
) -> VideoNetwork:
    """A copy of ``model`` with private parts for each of ``frame_counts``; other lengths use the nearest count's.

    ``model`` is of ``ffn.create_model``, or any module from clips (B, T, 3, H, W) to logits (B, num_classes).
    ``parts`` are the fields of ``Parts``: normalisation, alteration, weight_sharing, temporal_kernels, classifier.
    ``alteration_std`` is the initial standard deviation of the scales; None draws them from N(0, 2/C) for C channels,
    which is the effect of the released code's initialisation. Scales are given to ``scaled_layers`` of ``model``: a
    module of one's own may name them in an attribute of this name, and otherwise has none.

    Every private part starts as a copy, so without scales or with ``alteration_std=0`` the outputs are those of
    ``model``. If ``model`` came from ``ffn.create_model``, ``architecture`` has its arguments.
    Raises ValueError for frame counts that are not different positive integers and for what cannot be converted: a
    network that is frame-flexible already, temporal kernels in one that does not shift frames, a grouped convolution
    to scale, a normalisation layer inside another part.
    """
    counts, private = validated_frame_counts(frame_counts), Parts(**parts)
    flexible = as_video_network(model)
    if flexible.context.frame_counts:
        raise ValueError(f"model is frame-flexible already {flexible.context.frame_counts}: convert a plain network")
    flexible.context.frame_counts = counts
    flexible.architecture = _flexible_architecture(flexible, counts, private, alteration_std)
    per_count = partial(_per_count, flexible, private)
    if private.temporal_kernels:
        _add_temporal_kernels(flexible, counts)
    elif private.alteration:
        for name in flexible.scaled_layers:
            layer = altered(flexible.get_submodule(name), flexible.context, counts, alteration_std)
            flexible.set_submodule(name, layer)
    if private.normalisation:
        replace_modules(flexible, NORMALISATIONS, per_count)
    if private.classifier and private.weight_sharing:
        if not flexible.classifier_name:
            raise ValueError("parts: a network without a linear layer or convolution has no classifier to copy")
        classifier = flexible.get_submodule(flexible.classifier_name)
        flexible.set_submodule(flexible.classifier_name, per_count(classifier))
    if not private.weight_sharing:
        replace_modules(flexible, WEIGHTS, per_count)
    return flexible


def _add_temporal_kernels(flexible: VideoNetwork, counts: tuple[int, ...]) -> None:
    if not any(isinstance(module, FrameConv2d) for module in flexible.modules()):
        raise ValueError(
            f"parts: temporal kernels take the place of a TSM's shift, which {flexible.backbone_name} does not have"
        )
    replace_modules(flexible, FrameConv2d, lambda conv: TemporalKernelConv2d.filtering(conv, counts))


def private_parameters(model: VideoNetwork, count: int) -> list[nn.Parameter]:
    """The parameters used only at ``count``."""
    private = [part[str(count)] for part in model.modules() if isinstance(part, PerFrameCount)]
    scales = [layer.alteration[str(count)] for layer in model.modules() if isinstance(layer, Altered)]
    return [parameter for part in private for parameter in part.parameters()] + scales


def replace_modules(
    root: nn.Module, kind: type[Kind] | tuple[type[Kind], ...], replacement: Callable[[Kind], nn.Module]
) -> None:
    """Replace every module of type ``kind`` below ``root`` by ``replacement(module)``."""
    for name, child in list(root.named_children()):
        if isinstance(child, kind):
            setattr(root, name, replacement(child))
        else:
            replace_modules(child, kind, replacement)


def _flexible_architecture(
    model: VideoNetwork, counts: tuple[int, ...], private: Parts, alteration_std: float | None
) -> dict[str, Any]:
    if not model.architecture:
        return {}
    own = {"frame_counts": list(counts), **private.as_dict(), "alteration_std": alteration_std}
    return {**model.architecture, "name": f"ffn_{model.backbone_name.removeprefix('tsn_')}", **own}


def _per_count(model: VideoNetwork, private: Parts, part: nn.Module) -> PerFrameCount:
    """One copy of ``part`` for each frame count of ``model``."""
    nested = [module for module in part.modules() if isinstance(module, NORMALISATIONS)]
    if private.normalisation and nested and not isinstance(part, NORMALISATIONS):
        layer, norm = type(part).__name__, type(nested[0]).__name__
        raise ValueError(f"parts: a {norm} lies inside a {layer}, and both would be copied per count")
    context = model.context
    copies = {count: copy.deepcopy(part, {id(context): context}) for count in context.frame_counts}
    return PerFrameCount(copies, context)
