"""Networks that take whole clips, such as 3D convolutions and transformers, as networks that train here."""

import copy
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights

from ffn.models.families.clip_family import ClipFamily, last_layer
from ffn.models.families.own import own_scaled_layers
from ffn.models.frame_context import FrameContext
from ffn.models.one_clip import Where, evaluating_copy, one_clip
from ffn.models.video_network import VideoNetwork

TRIED_COUNTS = range(1, 33)


class ClipNetwork(VideoNetwork):
    """``network`` as it is: its input alone is brought into its order of axes and to its normalisation.

    ``channels_first``: it takes (B, 3, T, H, W). ``mean`` and ``std``: of its normalisation, where that is not
    ImageNet's, by which clips here are normalised.
    """

    factor: Tensor
    offset: Tensor

    def __init__(
        self,
        network: nn.Module,
        *,
        name: str,
        head: str | None = None,
        scaled_layers: Iterable[str] = (),
        channels_first: bool = False,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.backbone_name, self.architecture = name, {}
        self.context = FrameContext()
        self.network, self.channels_first = network, channels_first
        classifier = last_layer(network, head)
        self.classifier_name = f"network.{classifier}" if classifier else ""
        self.scaled_layers = tuple(f"network.{layer}" for layer in scaled_layers)
        imagenet: Any = ResNet18_Weights.IMAGENET1K_V1.transforms()
        mean, std = tuple(mean or imagenet.mean), tuple(std or imagenet.std)
        self.renormalises = (mean, std) != (tuple(imagenet.mean), tuple(imagenet.std))
        factor = [ours / theirs for ours, theirs in zip(imagenet.std, std)]
        offset = [(ours - theirs) / deviation for ours, theirs, deviation in zip(imagenet.mean, mean, std)]
        self.register_buffer("factor", torch.tensor(factor)[:, None, None], persistent=False)
        self.register_buffer("offset", torch.tensor(offset)[:, None, None], persistent=False)

    @classmethod
    def of(cls, family: ClipFamily, network: nn.Module) -> "ClipNetwork":
        """``network``, which ``family`` has built."""
        given = family.weights.transforms() if family.weights else None
        return cls(
            network,
            name=family.name,
            head=family.head,
            scaled_layers=family.scaled(network),
            channels_first=family.channels_first,
            mean=given and given.mean,
            std=given and given.std,
        )

    def forward(self, clips: Tensor) -> Tensor:
        num_clips, num_frames = clips.shape[:2]
        self.context.enter(num_clips, num_frames, training=self.training)
        if self.renormalises:
            clips = clips * self.factor + self.offset
        return self.network(clips.transpose(1, 2) if self.channels_first else clips)


def as_video_network(model: nn.Module) -> VideoNetwork:
    """A copy of ``model``, a network from clips (B, T, 3, H, W) to logits, that conversion and training can use."""
    copied = copy.deepcopy(model)
    if isinstance(copied, VideoNetwork):
        return copied
    return ClipNetwork(copied, name=type(model).__name__, scaled_layers=own_scaled_layers(copied))


def check_frame_counts(model: VideoNetwork, counts: Iterable[int], size: int) -> None:
    """Raise ValueError unless ``model`` takes clips of each of ``counts`` frames of ``size`` pixels squared.

    Strides and position embeddings limit a network over clips. Found by running a copy: on shapes alone, or, where that
    takes nothing at all, on black clips.
    """
    if not isinstance(model, ClipNetwork):
        return
    refused, possible = _tried(model, counts, size, "meta")
    if refused and not possible:
        refused, possible = _tried(model, counts, size, "cpu")
    if not refused:
        return
    raise ValueError(
        f"frame counts: {model.backbone_name} takes no clips of {', '.join(map(str, refused))} frames of {size} pixels "
        f"squared ({next(iter(refused.values()))}); of 1 to {TRIED_COUNTS[-1]} frames it takes "
        f"{', '.join(map(str, possible)) or 'none'}"
    )


def _tried(model: ClipNetwork, counts: Iterable[int], size: int, where: Where) -> tuple[dict[int, str], list[int]]:
    """Those of ``counts`` that ``model`` refuses, with what it raises, and if there are any, the counts it takes."""
    refusal = partial(_refusal, evaluating_copy(model, where), size=size, where=where)
    refused = {count: reason for count in sorted(set(counts)) if (reason := refusal(count))}
    return refused, [count for count in TRIED_COUNTS if not refusal(count)] if refused else []


@torch.no_grad()
def _refusal(network: nn.Module, count: int, *, size: int, where: Where) -> str:
    """What ``network`` raises for a clip of ``count`` frames; empty where it takes one."""
    try:
        network(one_clip(count, size, where))
    except (RuntimeError, ValueError, IndexError, AssertionError) as error:
        return str(error).partition("\n")[0] or type(error).__name__
    return ""
