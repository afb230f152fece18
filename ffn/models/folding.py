"""The network of a single frame count for inference: BatchNorm and alteration folded into the layers before."""

import copy
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ffn.models.frame_context import PerFrameCount
from ffn.models.frame_flexible import replace_modules
from ffn.models.normalisation import keeps_statistics, layers_with_statistics
from ffn.models.one_clip import Where, evaluating_copy, on_shapes_or_values, one_clip
from ffn.models.tsm import TSM
from ffn.models.video_network import VideoNetwork
from ffn.models.weight_alteration import Altered

TRACED_SIZE = 224
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


class SubNetwork(nn.Module):
    """A network at one frame count.

    Forward takes (B, ``num_frames``, 3, H, W) float, normalised, and returns logits (B, num_classes).
    Raises ValueError for clips of another length.
    """

    def __init__(self, num_frames: int) -> None:
        super().__init__()
        self.num_frames = num_frames

    def forward(self, clips: Tensor) -> Tensor:
        if clips.shape[1] != self.num_frames:
            raise ValueError(f"this network takes clips of {self.num_frames} frames, got {clips.shape[1]}")
        return self.logits(clips)

    def logits(self, clips: Tensor) -> Tensor:
        """The logits of clips of ``num_frames`` frames."""
        raise NotImplementedError


class TSMSubNetwork(SubNetwork):
    """Shifts, convolutions with bias, and the classifier, which sees the mean of the frames' features."""

    def __init__(self, model: TSM, num_frames: int) -> None:
        super().__init__(num_frames)
        self.backbone, self.classifier = model.backbone, model.classifier

    def logits(self, clips: Tensor) -> Tensor:
        features = self.backbone(clips.flatten(0, 1))
        return self.classifier(features.unflatten(0, (-1, self.num_frames)).mean(1))


class ClipSubNetwork(SubNetwork):
    """A network over clips."""

    def __init__(self, model: VideoNetwork, num_frames: int) -> None:
        super().__init__(num_frames)
        self.model = model

    def logits(self, clips: Tensor) -> Tensor:
        return self.model(clips)


@torch.no_grad()
def sub_network(model: VideoNetwork, count: int, *, size: int = TRACED_SIZE) -> SubNetwork:
    """``model`` at ``count`` frames, in evaluation mode, with only the parts used at this count.

    BatchNorm is folded into the convolutions whose output goes nowhere else. The logits equal those of ``model.eval()``
    up to rounding. ``model`` is not changed. ``size``: pixels of frames that it takes. Raises ValueError for a count
    below 1.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    network = copy.deepcopy(model)
    network.context.enter(1, count, training=False)
    replace_modules(network, PerFrameCount, lambda parts: parts.in_use)
    replace_modules(network, Altered, lambda layer: layer.merged())
    _fold_normalisation(network.eval(), count, size)
    sub = TSMSubNetwork(network, count) if isinstance(network, TSM) else ClipSubNetwork(network, count)
    return sub.requires_grad_(False)


def export_sub_network(model: VideoNetwork, count: int, *, size: int, path: Path) -> None:
    """Write ``sub_network(model, count)`` for frames of ``size`` pixels squared to ``path``, with ``torch.export``.

    ``torch.export.load(path).module()`` takes any number of clips.
    """
    clips = torch.zeros(2, count, 3, size, size)
    network = sub_network(model, count, size=size).cpu()
    program = torch.export.export(network, (clips,), dynamic_shapes=({0: Dim("clips")},))
    torch.export.save(program, path)


def _fold_normalisation(network: VideoNetwork, count: int, size: int) -> None:
    """Fold each BatchNorm with running statistics into the convolution before it."""
    if not layers_with_statistics(network):
        return
    layers = dict(network.named_modules())
    for norm, conv in on_shapes_or_values(partial(_folded_pairs, network, count, size)):
        network.set_submodule(conv, fuse_conv_bn_eval(layers[conv], layers[norm]))
        network.set_submodule(norm, nn.Identity())


def _folded_pairs(network: VideoNetwork, count: int, size: int, where: Where) -> list[tuple[str, str]]:
    """Pairs of a BatchNorm's name and that of the convolution whose output is its input, and nothing else's.

    Found by running a copy. A layer that runs more than once is in no pair.
    """
    tried = evaluating_copy(network, where)
    made_by: dict[Tensor, str] = {}
    normalised: dict[str, Tensor] = {}
    runs: Counter[str] = Counter()

    def after_convolution(name: str, output: Tensor) -> None:
        runs[name] += 1
        made_by[output] = name

    def before_normalisation(name: str, x: Tensor) -> None:
        runs[name] += 1
        normalised[name] = x

    for name, module in tried.named_modules():
        if isinstance(module, CONVOLUTIONS):
            module.register_forward_hook(lambda module, inputs, output, name=name: after_convolution(name, output))
        elif keeps_statistics(module):
            module.register_forward_pre_hook(lambda module, inputs, name=name: before_normalisation(name, *inputs))
    with _Uses() as uses:
        tried(one_clip(count, size, where))
    pairs = [(name, made_by[x]) for name, x in normalised.items() if x in made_by and uses.number[x] == 1]
    return [pair for pair in pairs if all(runs[name] == 1 for name in pair)]


class _Uses(TorchDispatchMode):
    """Counts the operations that read each tensor, those in place included."""

    def __init__(self) -> None:
        super().__init__()
        self.number: Counter[Tensor] = Counter()

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: tuple[Any, ...] = (), named: dict[str, Any] | None = None
    ) -> Any:
        named = named or {}
        self.number.update(value for value in tree_leaves((arguments, named)) if isinstance(value, Tensor))
        return function(*arguments, **named)
