"""BatchNorm re-calibration: how much of the loss at an untrained frame count is due to BatchNorm's statistics?"""

import copy
from collections.abc import Iterable, Sequence

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from ffn.data.batches import Batch
from ffn.models.tsm import TSM


@torch.no_grad()
def recalibrated(
    model: TSM, batches: Iterable[Batch], frame_counts: Sequence[int], device: torch.device
) -> dict[int, TSM]:
    """One network per frame count: ``model`` with BatchNorm statistics averaged over ``batches`` at that count.

    Running means and variances are recomputed as by torch.optim.swa_utils.update_bn; the clips are read once for all
    counts. Parameters are unchanged and shared with ``model``.
    """
    networks = {count: _without_statistics(model) for count in frame_counts}
    for batch in batches:
        if not len(batch):
            continue
        on_device = batch.to(device)
        for count, network in networks.items():
            network(on_device.normalised(count))
    return {count: network.eval() for count, network in networks.items()}


def _without_statistics(model: TSM) -> TSM:
    """A copy of ``model`` with shared parameters that averages the statistics of its input from now on."""
    copied = copy.deepcopy(model, {id(parameter): parameter for parameter in model.parameters()})
    copied.context.training_window = None
    for layer in copied.normalisation_layers():
        if isinstance(layer, _BatchNorm) and layer.running_mean is not None:
            layer.reset_running_stats()
            layer.momentum = None
    return copied.train()
