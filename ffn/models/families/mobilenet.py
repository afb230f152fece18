"""torchvision's MobileNetV2, shifted as in the official TSM repository."""

from torch import nn
from torchvision.models import MobileNet_V2_Weights, mobilenet_v2
from torchvision.models.mobilenetv2 import InvertedResidual

from ffn.models.families.family import Family


def expanding_convolutions(network: nn.Module, shift_every: int) -> list[str]:
    """The expanding 1x1 convolution of every ``shift_every``-th inverted residual block with a residual connection.

    A block without expansion has none. In the official code these are the blocks with ``use_res_connect`` and 8 layers.
    """
    blocks = [
        name
        for name, module in network.named_modules()
        if isinstance(module, InvertedResidual) and module.use_res_connect and len(module.conv) == 4
    ]
    return [f"{name}.conv.0.0" for name in blocks[::shift_every]]


MOBILENET_V2 = Family(
    name="mobilenet_v2",
    build=mobilenet_v2,
    head="classifier",
    shifting=expanding_convolutions,
    weights=MobileNet_V2_Weights.IMAGENET1K_V1,
)
