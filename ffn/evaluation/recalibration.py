"""BatchNorm re-calibration: how much of the loss at an untrained frame count is due to BatchNorm's statistics?"""

import copy
from collections.abc import Iterable, Sequence

import torch

from ffn.data.batches import Batch
from ffn.models.normalisation import layers_with_statistics
from ffn.models.video_network import VideoNetwork


@torch.no_grad()
def recalibrated(
    model: VideoNetwork, batches: Iterable[Batch], frame_counts: Sequence[int], device: torch.device
) -> dict[int, VideoNetwork]:
    """One network per frame count: ``model`` with BatchNorm statistics averaged over ``batches`` at that count.

    Running means and variances are recomputed as by torch.optim.swa_utils.update_bn; the clips are read once for all
    counts. Parameters are unchanged and shared with ``model``. Raises ValueError for a network without BatchNorm.
    """
    if not layers_with_statistics(model):
        name = model.backbone_name
        raise ValueError(f"recalibration_clips: no layer of {name} keeps running statistics, nothing can be recomputed")
    networks = {count: _without_statistics(model) for count in frame_counts}
    for batch in batches:
        if not len(batch):
            continue
        on_device = batch.to(device)
        for count, network in networks.items():
            network(on_device.normalised(count))
    return {count: network.eval() for count, network in networks.items()}


def _without_statistics(model: VideoNetwork) -> VideoNetwork:
    """A copy of ``model`` with shared parameters that averages the statistics of its input from now on."""
    copied = copy.deepcopy(model, {id(parameter): parameter for parameter in model.parameters()})
    copied.context.training_window = None
    for layer in layers_with_statistics(copied):
        layer.reset_running_stats()
        layer.momentum = None
    return copied.train()
