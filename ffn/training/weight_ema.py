"""An exponential moving average (EMA) of a network's weights, evaluated instead of the latest weights."""

import copy
from collections.abc import Iterator
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class WeightEMA:
    """The EMA of ``model``'s weights and running statistics; each update keeps ``decay`` of the average.

    With ``decay`` 0 there is no average, and ``network`` is ``model`` itself. torch's AveragedModel is not used: in
    each update it copies its counter to the device, and the GPU is waited for.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model, self.decay, self.updates = model, decay, 0
        self.network = copy.deepcopy(model) if decay else model
        """The network to validate, evaluate and save."""

    @torch.no_grad()
    def update(self) -> None:
        """Update the average with the current weights; the first update copies them."""
        if not self.decay:
            return
        pairs = list(zip(_tensors(self.network), _tensors(self.model), strict=True))
        averaged = [pair for pair in pairs if self.updates and pair[0].is_floating_point()]
        copied = [pair for pair in pairs if not (self.updates and pair[0].is_floating_point())]
        if averaged:
            get_ema_multi_avg_fn(self.decay)(*map(list, zip(*averaged)), 0)
        for average, current in copied:
            average.copy_(current)
        self.updates += 1

    def state_dict(self) -> dict[str, Any]:
        """The state to save beside ``network``: the trained model and the number of updates; empty without EMA."""
        return {"model": self.model.state_dict(), "updates": self.updates} if self.decay else {}

    def load_state_dict(self, network: dict[str, Any], state: dict[str, Any]) -> None:
        """Restore the state dict of ``network`` and the state saved by ``state_dict``."""
        self.network.load_state_dict(network)
        if self.decay:
            self.model.load_state_dict(state["model"])
            self.updates = state["updates"]


def _tensors(network: nn.Module) -> Iterator[Tensor]:
    return (tensor.detach() for tensor in chain(network.parameters(), network.buffers()))
