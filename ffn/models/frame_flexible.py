"""The conversion of a TSM into a Frame Flexible Network (FFN paper, section 3).

Shared stay the convolutions and the classifier; private per frame count become every BatchNorm (specialised
normalisation) and a scale on the input channels of each residual block's first convolution (weight alteration).
"""

import copy
from collections.abc import Callable, Sequence

from torch import nn

from ffn.models.frame_context import PerFrameCount, validated_frame_counts
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
    alteration_std: float | None = NEAR_ZERO_STD,
) -> TSM:
    """A copy of ``model`` with private parts for each of ``frame_counts``; at other lengths the nearest count's serve.

    ``normalisation``, ``alteration`` and ``weight_sharing`` are the paper's parts SN, WA and WS (Table 4): without
    the first all counts share one BatchNorm, without the second there are no scales, without the third every
    convolution and the classifier are private too. ``alteration_std`` is the standard deviation of the scales at the
    start; None draws them from N(0, 2/C) for C channels, which is what the released code's initialisation amounts to.

    Every private part starts as a copy, so with ``alteration_std=0`` the outputs are those of ``model``.
    Raises ValueError for frame counts that are not different positive integers.
    """
    counts = validated_frame_counts(frame_counts)
    flexible = copy.deepcopy(model)
    flexible.context.frame_counts = counts

    def per_count(module: nn.Module) -> nn.Module:
        context = flexible.context
        copies = {count: copy.deepcopy(module, {id(context): context}) for count in counts}
        return PerFrameCount(copies, context)

    def altered(conv: nn.Module) -> nn.Module:
        std = (2 / conv.in_channels) ** 0.5 if alteration_std is None else alteration_std
        return AlteredConv2d.altering(conv, counts, std)

    if alteration:
        _replace(flexible, ShiftedConv2d, altered)
    if normalisation:
        _replace(flexible, nn.BatchNorm2d, per_count)
    if not weight_sharing:
        _replace(flexible, (nn.Conv2d, nn.Linear), per_count)
    return flexible


def _replace(root: nn.Module, kind: type | tuple[type, ...], replacement: Callable[[nn.Module], nn.Module]) -> None:
    for name, child in list(root.named_children()):
        if isinstance(child, kind):
            setattr(root, name, replacement(child))
        else:
            _replace(child, kind, replacement)
