"""BatchNorm re-calibration: how much of the loss at an untrained frame count is BatchNorm's statistics alone?"""

import copy
from collections.abc import Iterable

import torch
from torch.optim.swa_utils import update_bn

from ffn.data.clips import Batch
from ffn.models.tsm import TSM


def recalibrated(model: TSM, batches: Iterable[Batch], count: int, device: torch.device) -> TSM:
    """A copy of ``model``, for use at ``count`` frames only, with BatchNorm statistics averaged over ``batches``.

    Running means and variances are recomputed at that count; no parameter changes.
    """
    copied = copy.deepcopy(model)
    copied.context.training_window = None
    update_bn((batch.normalised(count, device) for batch in batches if len(batch)), copied)
    return copied.eval()
