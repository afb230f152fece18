"""The conversion of a TSM into a Frame Flexible Network (FFN paper, section 3).

Convolutions and classifier stay shared; each frame count gets its own normalisation layers (specialised normalisation)
and scales on the input channels of the family's shifting convolutions (weight alteration). ``Parts`` selects these and
further private parts.
"""

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from torch import nn

from ffn.models.frame_context import PerFrameCount, validated_frame_counts
from ffn.models.parts import Parts
from ffn.models.temporal_kernels import TemporalKernelConv2d
from ffn.models.temporal_shift import FrameConv2d
from ffn.models.tsm import TSM
from ffn.models.weight_alteration import AlteredConv2d

NEAR_ZERO_STD = 1e-3

Kind = TypeVar("Kind", bound=nn.Module)


def frame_flexible(
    model: TSM,
    frame_counts: Sequence[int],
    *,
    alteration_std: float | None = NEAR_ZERO_STD,
    **parts: bool,
) -> TSM:
    """A copy of ``model`` with private parts for each of ``frame_counts``; other lengths use the nearest count's.

    ``parts`` are the fields of ``Parts``: normalisation, alteration, weight_sharing, temporal_kernels, classifier.
    ``alteration_std`` is the initial standard deviation of the scales; None draws them from N(0, 2/C) for C channels,
    which is the effect of the released code's initialisation.

    Every private part starts as a copy, so without scales or with ``alteration_std=0`` the outputs are those of
    ``model``. If ``model`` came from ``ffn.create_model``, ``architecture`` has its arguments.
    Raises ValueError for frame counts that are not different positive integers and for what cannot be converted: a
    network that is frame-flexible already, a grouped convolution to scale, a normalisation layer inside another part.
    """
    counts, private = validated_frame_counts(frame_counts), Parts(**parts)
    if model.context.frame_counts:
        raise ValueError(f"model is frame-flexible already {model.context.frame_counts}: convert a plain network")
    flexible = copy.deepcopy(model)
    flexible.context.frame_counts = counts
    flexible.architecture = _flexible_architecture(model, counts, private, alteration_std)
    per_count = partial(_per_count, flexible, private)
    if private.temporal_kernels:
        replace_modules(flexible, FrameConv2d, lambda conv: TemporalKernelConv2d.filtering(conv, counts))
    elif private.alteration:
        replace_modules(flexible, FrameConv2d, lambda conv: AlteredConv2d.altering(conv, counts, alteration_std))
    if private.normalisation:
        replace_modules(flexible, model.family.normalisations, per_count)
    if private.classifier and private.weight_sharing:
        flexible.classifier = per_count(flexible.classifier)
    if not private.weight_sharing:
        replace_modules(flexible, nn.Linear, per_count)
        replace_modules(flexible, nn.Conv2d, per_count)
    return flexible


def private_parameters(model: TSM, count: int) -> list[nn.Parameter]:
    """The parameters used only at ``count``."""
    private = [part[str(count)] for part in model.modules() if isinstance(part, PerFrameCount)]
    scales = [conv.alteration[str(count)] for conv in model.modules() if isinstance(conv, AlteredConv2d)]
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
    model: TSM, counts: tuple[int, ...], private: Parts, alteration_std: float | None
) -> dict[str, Any]:
    own = {"frame_counts": list(counts), **private.as_dict(), "alteration_std": alteration_std}
    return {**model.architecture, "name": f"ffn_{model.family.name}", **own}


def _per_count(model: TSM, private: Parts, part: nn.Module) -> PerFrameCount:
    """One copy of ``part`` for each frame count of ``model``."""
    nested = [module for module in part.modules() if isinstance(module, model.family.normalisations)]
    if private.normalisation and nested and not isinstance(part, model.family.normalisations):
        layer, norm = type(part).__name__, type(nested[0]).__name__
        raise ValueError(f"parts: a {norm} lies inside a {layer}, and both would be copied per count")
    context = model.context
    copies = {count: copy.deepcopy(part, {id(context): context}) for count in context.frame_counts}
    return PerFrameCount(copies, context)
