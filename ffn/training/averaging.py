"""An exponential moving average of a network's weights, which is evaluated in place of the weights of the last step."""

from typing import Any

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class Averaging:
    """Follows ``model``, weights and running statistics alike: each update keeps ``decay`` of the average.

    With ``decay`` 0 there is none, and ``network`` is ``model`` itself.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = model
        average = get_ema_multi_avg_fn(decay)
        self.averaged = AveragedModel(model, multi_avg_fn=average, use_buffers=True) if decay else None

    @property
    def network(self) -> nn.Module:
        """What is validated, evaluated and kept."""
        return self.averaged.module if self.averaged else self.model

    def update(self) -> None:
        """Take a step of the model's into the average."""
        if self.averaged:
            self.averaged.update_parameters(self.model)

    def state_dict(self) -> dict[str, Any]:
        """What goes on beside ``network``: the model in training and its number of steps; nothing without average."""
        if not self.averaged:
            return {}
        return {"model": self.model.state_dict(), "updates": int(self.averaged.n_averaged)}

    def load_state_dict(self, network: dict[str, Any], state: dict[str, Any]) -> None:
        """Stand where ``network``'s state dict and ``state_dict`` were taken."""
        self.network.load_state_dict(network)
        if self.averaged:
            self.model.load_state_dict(state["model"])
            self.averaged.n_averaged.fill_(state["updates"])
