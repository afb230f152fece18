"""torchvision's ResNets. Each residual block shifts before its first convolution."""

from torch import nn
from torchvision.models import ResNet18_Weights, ResNet50_Weights, ResNet101_Weights, resnet

from ffn.models.families.family import Family


def first_convolutions(network: nn.Module, shift_every: int) -> list[str]:
    """The first convolution of each stage's first residual block, and of every ``shift_every``-th after it."""
    sequences = [(name, module) for name, module in network.named_modules() if isinstance(module, nn.Sequential)]
    stages = [(name, stage) for name, stage in sequences if isinstance(stage[0], resnet.BasicBlock | resnet.Bottleneck)]
    return [f"{name}.{block}.conv1" for name, stage in stages for block in range(0, len(stage), shift_every)]


def _family(name: str, weights: ResNet18_Weights | ResNet50_Weights | ResNet101_Weights) -> Family:
    build = getattr(resnet, name)
    return Family(name=name, build=build, head="fc", shifting=first_convolutions, weights=weights.IMAGENET1K_V1)


RESNETS = (
    _family("resnet18", ResNet18_Weights),
    _family("resnet50", ResNet50_Weights),
    _family("resnet101", ResNet101_Weights),
)
