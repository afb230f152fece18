"""The description of a network that takes whole clips: what conversion and initial weights need of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from torch import nn
from torchvision.models import WeightsEnum


def no_layers(network: nn.Module) -> Sequence[str]:
    """None of the layers of ``network``."""
    return ()


@dataclass(frozen=True, kw_only=True)
class ClipFamily:
    """One network over clips, declared in a file of ``ffn.models.families`` and listed in its ``__init__``."""

    name: str
    """The name in ``ffn.create_model``, such as r3d_18."""
    build: Callable[[int], nn.Module]
    """num_classes -> the network with random weights, clips to logits (B, num_classes)."""
    head: str | None = None
    """Name of the submodule whose last linear layer or convolution makes the logits. None: the whole network."""
    scaled: Callable[[nn.Module], Iterable[str]] = no_layers
    """network -> names of the Conv3d and Linear layers whose input channels weight alteration scales."""
    channels_first: bool = True
    """It takes clips (B, 3, T, H, W), as torchvision's; otherwise (B, T, 3, H, W)."""
    size: int = 224
    """Height and width in pixels that it was designed for."""
    weights: WeightsEnum | None = None
    """torchvision's Kinetics-400 weights; its input is normalised as they require."""

    weights_source, weights_name = "Kinetics", "kinetics"


def last_layer(network: nn.Module, head: str | None) -> str | None:
    """Name of the last linear layer or convolution below ``head``, or of ``network`` if that is None; None without."""
    root = network.get_submodule(head or "")
    layers = [name for name, module in root.named_modules() if isinstance(module, nn.Linear | nn.Conv2d | nn.Conv3d)]
    return ".".join(part for part in (head, layers[-1]) if part) if layers else None
