"""BatchNorm statistics by layer, which the paper uses to explain the accuracy drop (Figures 3, 10 and 11)."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch.nn.modules.batchnorm import _BatchNorm

from ffn.models.frame_context import PerFrameCount, nearest_count
from ffn.models.video_network import VideoNetwork


@dataclass(frozen=True, kw_only=True)
class LayerStatistics:
    """One BatchNorm layer's running mean and variance, scale and bias, each averaged over the channels."""

    layer: str
    mean: float
    variance: float
    scale: float
    bias: float


def batchnorm_statistics(model: VideoNetwork, count: int) -> tuple[LayerStatistics, ...]:
    """The BatchNorm layers used for clips of ``count`` frames, from first to last; none of a network without."""
    return tuple(
        LayerStatistics(
            layer=name,
            mean=norm.running_mean.mean().item(),
            variance=norm.running_var.mean().item(),
            scale=1.0 if norm.weight is None else norm.weight.mean().item(),
            bias=0.0 if norm.bias is None else norm.bias.mean().item(),
        )
        for name, norm in _layers(model, count)
        if norm.running_mean is not None and norm.running_var is not None
    )


def _layers(model: VideoNetwork, count: int) -> Iterator[tuple[str, _BatchNorm]]:
    trained = str(nearest_count(model.context.frame_counts or (count,), count))
    for name, module in model.named_modules():
        if not isinstance(module, _BatchNorm):
            continue
        layer, _, own_name = name.rpartition(".")
        if not isinstance(model.get_submodule(layer), PerFrameCount):
            yield name, module
        elif own_name == trained:
            yield layer, module
