"""One frame count's network by itself, for inference: BatchNorm and alteration folded into the convolutions."""

import copy
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ffn.models.frame_context import PerFrameCount
from ffn.models.frame_flexible import replace_modules
from ffn.models.temporal_shift import ShiftedConv2d
from ffn.models.tsm import TSM
from ffn.models.weight_alteration import AlteredConv2d


class SubNetwork(nn.Module):
    """What a TSM or FFN computes at one frame count, made of shifts, convolutions with a bias, and the classifier.

    Forward takes (B, ``num_frames``, 3, H, W) float, normalised, and returns logits (B, num_classes).
    Raises ValueError for clips of another length.
    """

    def __init__(self, backbone: nn.Module, classifier: nn.Linear, num_frames: int) -> None:
        super().__init__()
        self.backbone, self.classifier, self.num_frames = backbone, classifier, num_frames

    def forward(self, clips: Tensor) -> Tensor:
        if clips.shape[1] != self.num_frames:
            raise ValueError(f"this network takes clips of {self.num_frames} frames, got {clips.shape[1]}")
        features = self.backbone(clips.flatten(0, 1))
        return self.classifier(features.unflatten(0, (-1, self.num_frames)).mean(1))


@torch.no_grad()
def sub_network(model: TSM, count: int) -> SubNetwork:
    """``model`` at ``count`` frames, in evaluation mode: the parts that serve this count alone.

    Its logits are those of ``model.eval()`` but for rounding. ``model`` stays as it is.
    Raises ValueError for a count below 1.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    network = copy.deepcopy(model)
    network.context.enter(1, count, training=False)
    replace_modules(network, PerFrameCount, lambda parts: parts.in_use)
    replace_modules(network, AlteredConv2d, _without_alteration)
    for module in list(network.eval().backbone.modules()):
        _fold_batchnorm(module)
    return SubNetwork(network.backbone, network.classifier, count).requires_grad_(False)


def export_sub_network(model: TSM, count: int, *, size: int, path: Path) -> None:
    """Write ``sub_network(model, count)`` for frames of ``size`` pixels squared to ``path``, with ``torch.export``.

    ``torch.export.load(path).module()`` takes any number of clips.
    """
    clips = torch.zeros(2, count, 3, size, size)
    network = sub_network(model, count).cpu()
    program = torch.export.export(network, (clips,), dynamic_shapes=({0: Dim("clips")},))
    torch.export.save(program, path)


def _without_alteration(conv: AlteredConv2d) -> ShiftedConv2d:
    plain = ShiftedConv2d.replacing(conv, conv.context)
    plain.weight = nn.Parameter(conv.effective_weight())
    return plain


def _fold_batchnorm(module: nn.Module) -> None:
    """Fold each child that is a BatchNorm into the convolution before it.

    torchvision's names tell which: conv1 goes with bn1, and 0 with 1 in the shortcuts.
    """
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d):
            conv = "0" if name == "1" else name.replace("bn", "conv")
            setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), child))
            setattr(module, name, nn.Identity())
