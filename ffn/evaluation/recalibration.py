"""BatchNorm re-calibration: how much of the loss at an untrained frame count is due to BatchNorm's statistics?"""

import copy
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from ffn.data.batches import Batch
from ffn.models.normalisation import layers_with_statistics
from ffn.models.video_network import VideoNetwork


def check_statistics(model: VideoNetwork) -> None:
    """Raise ValueError if no layer of ``model`` keeps running statistics."""
    if not layers_with_statistics(model):
        name = model.backbone_name
        raise ValueError(f"recalibration_clips must be 0: no layer of {name} keeps running statistics")


@torch.no_grad()
def recalibrated(
    model: VideoNetwork, batches: Iterable[Batch], frame_counts: Sequence[int], device: torch.device
) -> dict[int, VideoNetwork]:
    """One network per frame count: ``model`` with BatchNorm statistics averaged over ``batches`` at that count.

    Running means and variances are recomputed as by torch.optim.swa_utils.update_bn; the clips are read once for all
    counts. Parameters are unchanged and shared with ``model``. Raises ValueError for a network without BatchNorm.
    """
    check_statistics(model)
    networks = {frames: _without_statistics(model) for frames in frame_counts}
    averaging = [_average(layer) for network in networks.values() for layer in layers_with_statistics(network)]
    for batch in batches:
        if not len(batch):
            continue
        on_device = batch.to(device)
        for frames, network in networks.items():
            network(on_device.normalised(frames))
    for hook in averaging:
        hook.remove()
    return {frames: network.eval() for frames, network in networks.items()}


def _without_statistics(model: VideoNetwork) -> VideoNetwork:
    """A copy of ``model`` with shared parameters and statistics as at the beginning, in training mode."""
    copied = copy.deepcopy(model, {id(parameter): parameter for parameter in model.parameters()})
    copied.context.training_window = None
    for layer in layers_with_statistics(copied):
        layer.reset_running_stats()
    return copied.train()


def _average(layer: nn.Module) -> RemovableHandle:
    """Make the running statistics of ``layer`` the mean over its calls, as torch does for a momentum of None.

    Torch reads the number of calls from the device, and waits for it in each layer at each batch.
    """
    calls = count(1)

    def before(module: Any, inputs: Any) -> None:
        module.momentum = 1.0 / next(calls)

    return layer.register_forward_pre_hook(before)
