"""A residual network for clips of about 48 pixels that trains on one CPU core in a minute."""

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, conv1x1

from ffn.models.families.family import Family
from ffn.models.families.resnet import first_convolutions

STAGE_CHANNELS = (16, 32, 64, 128)


class TinyResNet(nn.Module):
    """Four basic blocks after a coarse first convolution; parts have torchvision's names.

    Input (N, 3, H, W), output (N, 128) through ``fc``.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        first, last = STAGE_CHANNELS[0], STAGE_CHANNELS[-1]
        self.conv1 = nn.Conv2d(3, first, kernel_size=8, stride=4, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.relu = nn.ReLU(inplace=True)
        self.blocks = nn.Sequential(
            *(_block(before, after) for before, after in zip((first, *STAGE_CHANNELS), STAGE_CHANNELS))
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(last, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.avgpool(self.blocks(x))
        return self.fc(x.flatten(1))


def _block(channels_in: int, channels_out: int) -> BasicBlock:
    if channels_in == channels_out:
        return BasicBlock(channels_in, channels_out)
    downsample = nn.Sequential(conv1x1(channels_in, channels_out, stride=2), nn.BatchNorm2d(channels_out))
    return BasicBlock(channels_in, channels_out, stride=2, downsample=downsample)


TINY = Family(name="tiny", build=TinyResNet, head="fc", shifting=first_convolutions)
