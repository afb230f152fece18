"""A 3D network and a transformer for clips of 48 pixels that train on one CPU core in minutes."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.video.resnet import BasicBlock, Conv2Plus1D
from torchvision.models.vision_transformer import EncoderBlock

from ffn.models.families.clip_family import ClipFamily
from ffn.models.families.tiny import STAGE_CHANNELS
from ffn.models.families.torchvision_video import first_convolutions, first_of_mlps

SIZE, PATCH, FRAMES = 48, 12, 16
WIDTH, DEPTH, HEADS = 64, 3, 4


class TinyR2Plus1D(nn.Module):
    """torchvision's R(2+1)D blocks, one a stage, with the widths and the coarse first convolution of the tiny ResNet.

    Input (B, 3, T, H, W) with any T: stages after the first halve time, as torchvision's do.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        first, last = STAGE_CHANNELS[0], STAGE_CHANNELS[-1]
        self.stem = nn.Sequential(
            nn.Conv3d(3, first, (1, 8, 8), stride=(1, 4, 4), padding=(0, 2, 2), bias=False),
            nn.BatchNorm3d(first),
            nn.ReLU(inplace=True),
        )
        self.blocks = nn.Sequential(
            *(_block(before, after) for before, after in zip((first, *STAGE_CHANNELS), STAGE_CHANNELS))
        )
        self.avgpool = nn.AdaptiveAvgPool3d(1)
        self.fc = nn.Linear(last, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.avgpool(self.blocks(self.stem(x))).flatten(1))


def _block(channels_in: int, channels_out: int) -> BasicBlock:
    if channels_in == channels_out:
        return BasicBlock(channels_in, channels_out, Conv2Plus1D)
    downsample = nn.Sequential(
        nn.Conv3d(channels_in, channels_out, 1, stride=2, bias=False), nn.BatchNorm3d(channels_out)
    )
    return BasicBlock(channels_in, channels_out, Conv2Plus1D, stride=2, downsample=downsample)


class TinyViT(nn.Module):
    """A vision transformer over all patches of all frames at once, of torchvision's encoder blocks.

    Input (B, 3, T, 48, 48) with any T: the position in time is interpolated between those of 16 frames, so that a
    sparse clip has the positions of the moments that it shows.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        patches = (SIZE // PATCH) ** 2
        self.patches = nn.Conv3d(3, WIDTH, (1, PATCH, PATCH), stride=(1, PATCH, PATCH))
        self.place = nn.Parameter(0.02 * torch.randn(1, WIDTH, 1, patches))
        self.moment = nn.Parameter(0.02 * torch.randn(1, WIDTH, FRAMES))
        self.blocks = nn.Sequential(
            *(EncoderBlock(HEADS, WIDTH, 4 * WIDTH, dropout=0.0, attention_dropout=0.0) for _ in range(DEPTH))
        )
        self.norm = nn.LayerNorm(WIDTH)
        self.fc = nn.Linear(WIDTH, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(3)
        moment = F.interpolate(self.moment, size=tokens.shape[2], mode="linear", align_corners=False)
        tokens = (tokens + self.place + moment[..., None]).flatten(2).transpose(1, 2)
        return self.fc(self.norm(self.blocks(tokens)).mean(1))


TINY_R2PLUS1D = ClipFamily(name="tiny_r2plus1d", build=TinyR2Plus1D, head="fc", scaled=first_convolutions, size=SIZE)
TINY_VIT = ClipFamily(name="tiny_vit", build=TinyViT, head="fc", scaled=first_of_mlps, size=SIZE)
