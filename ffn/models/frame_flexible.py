"""The conversion of a TSM into a Frame Flexible Network (FFN paper, section 3).

Shared stay the convolutions and the classifier; private per frame count become every BatchNorm (specialised
normalisation) and a scale on the input channels of each residual block's first convolution (weight alteration). Beyond
the paper go a private classifier, and temporal kernels in place of the shift and the scales.
"""

import copy
from collections.abc import Callable, Sequence

from torch import nn

from ffn.models.frame_context import PerFrameCount, validated_frame_counts
from ffn.models.parts import Parts
from ffn.models.temporal_kernels import TemporalKernelConv2d
from ffn.models.temporal_shift import ShiftedConv2d
from ffn.models.tsm import TSM
from ffn.models.weight_alteration import AlteredConv2d

NEAR_ZERO_STD = 1e-3


def frame_flexible(
    model: TSM,
    frame_counts: Sequence[int],
    *,
    alteration_std: float | None = NEAR_ZERO_STD,
    **parts: bool,
) -> TSM:
    """A copy of ``model`` with private parts for each of ``frame_counts``; at other lengths the nearest count's serve.

    ``parts`` are the fields of ``Parts``: normalisation, alteration, weight_sharing, temporal_kernels, classifier.
    ``alteration_std`` is the standard deviation of the scales at the start; None draws them from N(0, 2/C) for C
    channels, which is what the released code's initialisation amounts to.

    Every private part starts as a copy, so without scales or with ``alteration_std=0`` the outputs are those of
    ``model``. ``architecture`` says what rebuilds the result where ``model`` came from ``create_model``.
    Raises ValueError for frame counts that are not different positive integers.
    """
    counts, private = validated_frame_counts(frame_counts), Parts(**parts)
    flexible = copy.deepcopy(model)
    flexible.context.frame_counts = counts
    flexible.architecture = {
        **model.architecture,
        "name": model.architecture["name"].replace("tsm_", "ffn_"),
        "frame_counts": list(counts),
        **private.as_dict(),
        "alteration_std": alteration_std,
    }

    def per_count(module: nn.Module) -> nn.Module:
        context = flexible.context
        copies = {count: copy.deepcopy(module, {id(context): context}) for count in counts}
        return PerFrameCount(copies, context)

    def altered(conv: nn.Module) -> nn.Module:
        std = (2 / conv.in_channels) ** 0.5 if alteration_std is None else alteration_std
        return AlteredConv2d.altering(conv, counts, std)

    if private.temporal_kernels:
        replace_modules(flexible, ShiftedConv2d, lambda conv: TemporalKernelConv2d.filtering(conv, counts))
    elif private.alteration:
        replace_modules(flexible, ShiftedConv2d, altered)
    if private.normalisation:
        replace_modules(flexible, nn.BatchNorm2d, per_count)
    if private.classifier or not private.weight_sharing:
        replace_modules(flexible, nn.Linear, per_count)
    if not private.weight_sharing:
        replace_modules(flexible, nn.Conv2d, per_count)
    return flexible


def private_parameters(model: TSM, count: int) -> list[nn.Parameter]:
    """The parameters that ``count`` shares with no other frame count."""
    private = [part[str(count)] for part in model.modules() if isinstance(part, PerFrameCount)]
    scales = [conv.alteration[str(count)] for conv in model.modules() if isinstance(conv, AlteredConv2d)]
    return [parameter for part in private for parameter in part.parameters()] + scales


def replace_modules(
    root: nn.Module, kind: type | tuple[type, ...], replacement: Callable[[nn.Module], nn.Module]
) -> None:
    """Put ``replacement(module)`` in the place of every module of ``kind`` below ``root``."""
    for name, child in list(root.named_children()):
        if isinstance(child, kind):
            setattr(root, name, replacement(child))
        else:
            replace_modules(child, kind, replacement)
