"""An exponential moving average (EMA) of a network's weights, evaluated instead of the latest weights."""

from typing import Any

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class WeightEMA:
    """The EMA of ``model``'s weights and running statistics; each update keeps ``decay`` of the average.

    With ``decay`` 0 there is no average, and ``network`` is ``model`` itself.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = model
        average = get_ema_multi_avg_fn(decay)
        self.averaged = AveragedModel(model, multi_avg_fn=average, use_buffers=True) if decay else None

    @property
    def network(self) -> nn.Module:
        """The network to validate, evaluate and save."""
        return self.averaged.module if self.averaged else self.model

    def update(self) -> None:
        """Update the average with the current weights."""
        if self.averaged:
            self.averaged.update_parameters(self.model)

    def state_dict(self) -> dict[str, Any]:
        """The state to save beside ``network``: the trained model and the number of updates; empty without EMA."""
        if not self.averaged:
            return {}
        return {"model": self.model.state_dict(), "updates": int(self.averaged.n_averaged)}

    def load_state_dict(self, network: dict[str, Any], state: dict[str, Any]) -> None:
        """Restore the state dict of ``network`` and the state saved by ``state_dict``."""
        self.network.load_state_dict(network)
        if self.averaged:
            self.model.load_state_dict(state["model"])
            self.averaged.n_averaged.fill_(state["updates"])
