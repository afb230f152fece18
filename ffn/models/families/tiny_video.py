"""A 3D network and a transformer for clips of 48 pixels that train on one CPU core in minutes."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.convnext import LayerNorm2d
from torchvision.models.video.resnet import BasicBlock, Conv2Plus1D
from torchvision.models.vision_transformer import EncoderBlock

from ffn.models.families.clip_family import ClipFamily
from ffn.models.families.tiny import STAGE_CHANNELS
from ffn.models.families.torchvision_video import first_convolutions, first_of_mlps

SIZE, FRAMES, PLACES = 48, 16, 3 * 3
STEM = ((6, 4), (4, 2), (4, 2))  # size and stride of its convolutions: 48, 12, 6, 3 pixels
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
    """A vision transformer over all places of all frames at once, of torchvision's encoder blocks.

    Its first layers are convolutions over single frames (Xiao et al., Early Convolutions Help Transformers See Better,
    2021), down to 3 x 3 places. Input (B, 3, T, 48, 48) with any T: the position in time is interpolated between those
    of 16 frames, so that a sparse clip has the positions of the moments that it shows.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        channels = (3, 16, 32, WIDTH)
        self.stem = nn.Sequential(
            *(_convolution(*pair, size, stride) for pair, (size, stride) in zip(pairwise(channels), STEM)),
            nn.Conv2d(WIDTH, WIDTH, 1),
        )
        self.place = nn.Parameter(0.02 * torch.randn(PLACES, WIDTH))
        self.moment = nn.Parameter(0.02 * torch.randn(1, WIDTH, FRAMES))
        self.blocks = nn.Sequential(
            *(EncoderBlock(HEADS, WIDTH, 4 * WIDTH, dropout=0.0, attention_dropout=0.0) for _ in range(DEPTH))
        )
        self.norm = nn.LayerNorm(WIDTH)
        self.fc = nn.Linear(WIDTH, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        frames = self.stem(x.transpose(1, 2).flatten(0, 1))
        places = frames.flatten(2).transpose(1, 2).unflatten(0, (-1, x.shape[2]))
        moments = F.interpolate(self.moment, size=x.shape[2], mode="linear", align_corners=False).transpose(1, 2)
        tokens = places + self.place + moments[:, :, None]
        return self.fc(self.norm(self.blocks(tokens.flatten(1, 2))).mean(1))


def _convolution(channels_in: int, channels_out: int, size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, size, stride=stride, padding=1), LayerNorm2d(channels_out), nn.GELU()
    )


TINY_R2PLUS1D = ClipFamily(name="tiny_r2plus1d", build=TinyR2Plus1D, head="fc", scaled=first_convolutions, size=SIZE)
TINY_VIT = ClipFamily(name="tiny_vit", build=TinyViT, head="fc", scaled=first_of_mlps, size=SIZE)
