"""torchvision's networks over clips: residual 3D convolutions, S3D, and two transformers."""

from collections.abc import Callable

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


def _built_by(build: Callable[..., nn.Module]) -> Callable[[int], nn.Module]:
    return lambda num_classes: build(num_classes=num_classes)


def _first(root: nn.Module, kind: type[nn.Module]) -> str:
    return next(name for name, module in root.named_modules() if isinstance(module, kind))


RESIDUAL = tuple(
    ClipFamily(
        name=build.__name__,
        build=_built_by(build),
        head="fc",
        scaled=first_convolutions,
        size=112,
        weights=weights.KINETICS400_V1,
    )
    for build, weights in (
        (video.r3d_18, video.R3D_18_Weights),
        (video.mc3_18, video.MC3_18_Weights),
        (video.r2plus1d_18, video.R2Plus1D_18_Weights),
    )
)
S3D = ClipFamily(
    name="s3d",
    build=_built_by(video.s3d),
    head="classifier",
    scaled=branch_convolutions,
    weights=video.S3D_Weights.KINETICS400_V1,
)
TRANSFORMERS = tuple(
    ClipFamily(
        name=build.__name__,
        build=_built_by(build),
        head="head",
        scaled=first_of_mlps,
        weights=weights.KINETICS400_V1,
    )
    for build, weights in (
        (video.swin3d_t, video.Swin3D_T_Weights),
        (video.mvit_v2_s, video.MViT_V2_S_Weights),
    )
)
