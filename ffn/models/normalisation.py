"""Normalisation layers: what a frame count may have for itself, and which of them keep running statistics."""

from typing import TypeGuard

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

NORMALISATIONS = (_BatchNorm, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
"""Types of the layers, with their subclasses: BatchNorm1d to 3d and SyncBatchNorm are each a ``_BatchNorm``."""


def normalisation_layers(model: nn.Module) -> list[nn.Module]:
    """All normalisation layers of ``model``, of every frame count."""
    return [module for module in model.modules() if isinstance(module, NORMALISATIONS)]


def keeps_statistics(module: nn.Module) -> TypeGuard[_BatchNorm]:
    """Whether ``module`` is a layer that keeps running statistics."""
    return isinstance(module, _BatchNorm) and module.running_mean is not None


def layers_with_statistics(model: nn.Module) -> list[_BatchNorm]:
    """The layers of ``model`` that keep running statistics, of every frame count."""
    return [module for module in model.modules() if keeps_statistics(module)]
