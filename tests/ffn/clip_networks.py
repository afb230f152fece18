"""Networks over clips, small enough for tests: those of torchvision's classes, and one of somebody's own.

Every operation is tested on each of ``NETWORKS``; an entry is all that a further network needs.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torchvision.models.video.mvit import MSBlockConfig, MViT
from torchvision.models.video.swin_transformer import SwinTransformer3d

from ffn.models.families.clip_family import ClipFamily
from ffn.models.families.torchvision_video import first_of_mlps

OWN = "tests.ffn.clip_networks:recogniser"


@dataclass(frozen=True)
class Small:
    """A network, the counts that a test trains it at, the pixels it takes, and whether it keeps statistics."""

    name: str
    counts: tuple[int, ...]
    size: int
    statistics: bool
    family: ClipFamily | None = None


class Recogniser(nn.Module):
    """A convolution per frame with GroupNorm and BatchNorm, and torch's own encoder over the frames."""

    scaled_layers = ("head",)

    def __init__(self, num_classes):
        super().__init__()
        self.frames = nn.Sequential(
            nn.Conv2d(3, 8, 8, stride=8), nn.BatchNorm2d(8), nn.GroupNorm(2, 8), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        )
        layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(8, num_classes)

    def forward(self, clips):
        features = self.frames(clips.flatten(0, 1)).flatten(1).unflatten(0, clips.shape[:2])
        return self.head(self.encoder(features).mean(1))


def recogniser(num_classes):
    return Recogniser(num_classes)


class Guarded(nn.Module):
    """A linear layer on mean colours, and a look at the values before it."""

    def __init__(self, num_classes):
        super().__init__()
        self.head = nn.Linear(3, num_classes)

    def forward(self, clips):
        return self.head(self.seen(clips).mean((1, 3, 4)))

    def seen(self, clips):
        if clips.isnan().any() or clips.shape[1] > 8:
            raise ValueError("at most 8 frames")
        return clips


class Scaled(Guarded):
    def seen(self, clips):
        return clips / (1 + clips.abs().max().item())


class Weighted(Guarded):
    def seen(self, clips):
        return clips * torch.linspace(0, 1, clips.shape[1])[:, None, None, None]


class Masked(Guarded):
    def seen(self, clips):
        return clips[torch.nonzero(clips.mean((1, 2, 3, 4)) >= 0)[:, 0]]


def small_swin(num_classes):
    return SwinTransformer3d(
        patch_size=[2, 4, 4], embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=[2, 2, 2],
        num_classes=num_classes,
    )  # fmt: skip


def small_mvit(num_classes):
    blocks = [
        MSBlockConfig(num_heads=1, input_channels=8, output_channels=8, kernel_q=[3, 3, 3], kernel_kv=[3, 3, 3],
                      stride_q=[1, stride, stride], stride_kv=[1, 2, 2])
        for stride in (1, 2)
    ]  # fmt: skip
    return MViT(
        spatial_size=(16, 16), temporal_size=4, block_setting=blocks, residual_pool=True, residual_with_cls_embed=False,
        rel_pos_embed=True, proj_after_attn=True, num_classes=num_classes,
    )  # fmt: skip


SWIN = ClipFamily(name="small_swin", build=small_swin, head="head", scaled=first_of_mlps, size=16)
MVIT = ClipFamily(name="small_mvit", build=small_mvit, head="head", scaled=first_of_mlps, size=16)
NETWORKS = {
    each.name.rpartition(":")[2]: each
    for each in (
        Small("tiny", (2, 4), 32, statistics=True),
        Small("tsn_tiny", (2, 4), 32, statistics=True),
        Small("tiny_r2plus1d", (2, 4), 32, statistics=True),
        Small("tiny_vit", (2, 4), 48, statistics=False),
        Small("small_swin", (2, 4), 16, statistics=False, family=SWIN),
        Small("small_mvit", (3, 4), 16, statistics=False, family=MVIT),
        Small(OWN, (2, 4), 16, statistics=True),
    )
}


def clips(small, count, number=2, dtype=torch.float32):
    """Random clips that the network takes."""
    return torch.randn(number, count, 3, small.size, small.size, dtype=dtype)
