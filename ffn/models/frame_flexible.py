"""The conversion of a TSM into a Frame Flexible Network (FFN paper, section 3).

Shared stay the convolutions and the classifier; private per frame count become every BatchNorm (specialised
normalisation) and a scale on the input channels of each residual block's first convolution (weight alteration). Beyond
the paper go a private classifier, and temporal kernels in place of the shift and the scales.
"""

import copy
from collections.abc import Callable, Sequence

from torch import nn

from ffn.models.frame_context import PerFrameCount, validated_frame_counts
from ffn.models.temporal_kernels import TemporalKernelConv2d
from ffn.models.temporal_shift import ShiftedConv2d
from ffn.models.tsm import TSM
from ffn.models.weight_alteration import AlteredConv2d

NEAR_ZERO_STD = 1e-3


def frame_flexible(
    model: TSM,
    frame_counts: Sequence[int],
    *,
    normalisation: bool = True,
    alteration: bool = True,
    weight_sharing: bool = True,
    temporal_kernels: bool = False,
    classifier: bool = False,
    alteration_std: float | None = NEAR_ZERO_STD,
) -> TSM:
    """A copy of ``model`` with private parts for each of ``frame_counts``; at other lengths the nearest count's serve.

    ``normalisation``, ``alteration`` and ``weight_sharing`` are the paper's parts SN, WA and WS (Table 4): without
    the first all counts share one BatchNorm, without the second there are no scales, without the third every
    convolution and the classifier are private too. ``alteration_std`` is the standard deviation of the scales at the
    start; None draws them from N(0, 2/C) for C channels, which is what the released code's initialisation amounts to.
    Not in the paper: with ``temporal_kernels`` each count filters over time with kernels of its own
    (``ffn.models.temporal_kernels``), which hold what shift and scales do and take their place; with ``classifier``
    each has a classifier of its own.

    Every private part starts as a copy, so without scales or with ``alteration_std=0`` the outputs are those of
    ``model``. ``architecture`` says what rebuilds the result where ``model`` came from ``create_model``.
    Raises ValueError for frame counts that are not different positive integers.
    """
    counts = validated_frame_counts(frame_counts)
    flexible = copy.deepcopy(model)
    flexible.context.frame_counts = counts
    flexible.architecture = {
        **model.architecture,
        "name": model.architecture["name"].replace("tsm_", "ffn_"),
        "frame_counts": list(counts),
        "normalisation": normalisation,
        "alteration": alteration,
        "weight_sharing": weight_sharing,
        "temporal_kernels": temporal_kernels,
        "classifier": classifier,
        "alteration_std": alteration_std,
    }

    def per_count(module: nn.Module) -> nn.Module:
        context = flexible.context
        copies = {count: copy.deepcopy(module, {id(context): context}) for count in counts}
        return PerFrameCount(copies, context)

    def altered(conv: nn.Module) -> nn.Module:
        std = (2 / conv.in_channels) ** 0.5 if alteration_std is None else alteration_std
        return AlteredConv2d.altering(conv, counts, std)

    if temporal_kernels:
        replace_modules(flexible, ShiftedConv2d, lambda conv: TemporalKernelConv2d.filtering(conv, counts))
    elif alteration:
        replace_modules(flexible, ShiftedConv2d, altered)
    if normalisation:
        replace_modules(flexible, nn.BatchNorm2d, per_count)
    if classifier or not weight_sharing:
        replace_modules(flexible, nn.Linear, per_count)
    if not weight_sharing:
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
