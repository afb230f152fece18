"""BatchNorm re-calibration: how much of the loss at an untrained frame count is BatchNorm's statistics alone?"""

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
    """``model`` for use at each frame count alone, with BatchNorm statistics averaged over ``batches``.

    Running means and variances are recomputed at that count, as torch.optim.swa_utils.update_bn does; the clips are
    read once for all counts. No parameter changes: the networks share those of ``model``.
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
    """A copy of ``model`` with parameters shared, that averages the statistics of all that it sees."""
    copied = copy.deepcopy(model, {id(parameter): parameter for parameter in model.parameters()})
    copied.context.training_window = None
    for layer in copied.normalisation_layers():
        if isinstance(layer, _BatchNorm) and layer.running_mean is not None:
            layer.reset_running_stats()
            layer.momentum = None
    return copied.train()
