"""The description of a family of image networks that the conversion needs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from torch import nn
from torchvision.models import WeightsEnum


@dataclass(frozen=True, kw_only=True)
class Family:
    """One network, declared in a file of ``ffn.models.families`` and listed in its ``__init__``."""

    name: str
    """The name in ``ffn.create_model``, such as resnet50."""
    build: Callable[[], nn.Module]
    """Builds the network, (N, 3, H, W) -> (N, classes), with random weights."""
    head: str
    """Name of the submodule after the features; its last linear layer is the classifier."""
    shifting: Callable[[nn.Module, int], Iterable[str]]
    """(network, shift_every) -> names of the convolutions that shift and are altered."""
    weights: WeightsEnum | None = None
    """torchvision's ImageNet weights."""

    weights_source, weights_name = "ImageNet", "imagenet"

    def take_head(self, network: nn.Module) -> int:
        """Replace the head of ``network`` by the identity, so that it returns features; return their number."""
        linear = [module for module in network.get_submodule(self.head).modules() if isinstance(module, nn.Linear)]
        network.set_submodule(self.head, nn.Identity())
        return linear[-1].in_features
