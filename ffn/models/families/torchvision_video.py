"""torchvision's networks over clips: residual 3D convolutions, S3D, and two transformers."""

from collections.abc import Callable
from typing import Any

from torch import nn
from torchvision.models import video
from torchvision.models.video.resnet import BasicBlock

from ffn.models.families.clip_family import ClipFamily


def first_convolutions(network: nn.Module) -> list[str]:
    """The first convolution of each residual block, where the FFN paper scales a TSM's."""
    blocks = [(name, block) for name, block in network.named_modules() if isinstance(block, BasicBlock)]
    return [f"{name}.conv1.{_first(block.conv1, nn.Conv3d)}" for name, block in blocks]


def branch_convolutions(network: nn.Module) -> list[str]:
    """The first convolution of each branch of S3D's Inception blocks."""
    branches = [
        (name, branch) for name, branch in network.named_modules() if ".branch" in name and name.count(".") == 2
    ]
    return [f"{name}.{_first(branch, nn.Conv3d)}" for name, branch in branches]


def first_of_mlps(network: nn.Module) -> list[str]:
    """The first linear layer of each transformer block's MLP."""
    return [
        name for name, module in network.named_modules() if name.endswith("mlp.0") and isinstance(module, nn.Linear)
    ]


def _first(root: nn.Module, kind: type[nn.Module]) -> str:
    return next(name for name, module in root.named_modules() if isinstance(module, kind))


def _family(build: Callable[..., nn.Module], weights: Any, **facts: Any) -> ClipFamily:
    return ClipFamily(
        name=build.__name__,
        build=lambda num_classes: build(num_classes=num_classes),
        weights=weights.KINETICS400_V1,
        **facts,
    )


RESIDUAL: dict[str, Any] = {"head": "fc", "scaled": first_convolutions, "size": 112}
TRANSFORMER: dict[str, Any] = {"head": "head", "scaled": first_of_mlps}
TORCHVISION_VIDEO = (
    _family(video.r3d_18, video.R3D_18_Weights, **RESIDUAL),
    _family(video.mc3_18, video.MC3_18_Weights, **RESIDUAL),
    _family(video.r2plus1d_18, video.R2Plus1D_18_Weights, **RESIDUAL),
    _family(video.s3d, video.S3D_Weights, head="classifier", scaled=branch_convolutions),
    _family(video.swin3d_t, video.Swin3D_T_Weights, **TRANSFORMER),
    _family(video.mvit_v2_s, video.MViT_V2_S_Weights, **TRANSFORMER),
)
