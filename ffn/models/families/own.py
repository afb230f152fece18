"""A network of one's own, named as package.module:function."""

import importlib
from collections.abc import Callable
from typing import Any

from torch import nn

from ffn.models.families.clip_family import ClipFamily


def is_own(name: str) -> bool:
    """Whether ``name`` is package.module:function."""
    module, colon, function = name.partition(":")
    return bool(colon) and function.isidentifier() and all(part.isidentifier() for part in module.split("."))


def own_family(name: str) -> ClipFamily:
    """The network that ``name`` builds: ``function(num_classes=...)`` returns a module from (B, T, 3, H, W) to logits.

    Its attribute ``scaled_layers``, if it has one, names the Conv3d and Linear layers that weight alteration scales.
    Importing it executes the module's code. Raises ValueError if there is no such function.
    """
    module_name, _, function = name.partition(":")
    try:
        build = getattr(importlib.import_module(module_name), function)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"backbone: {name} cannot be imported ({error}): run where python -c 'import {module_name}' works"
        ) from error
    if not callable(build) or getattr(build, "__module__", None) != module_name:
        raise ValueError(f"backbone: {name} must be a function or a class that is defined in {module_name}")
    return ClipFamily(name=name, build=_checked(build, name), scaled=own_scaled_layers, channels_first=False)


def own_scaled_layers(network: nn.Module) -> tuple[str, ...]:
    """The names in the attribute ``scaled_layers`` of ``network``; none without it.

    Raises ValueError if it is a string, or names what is no layer of ``network``.
    """
    names, layers = getattr(network, "scaled_layers", ()), dict(network.named_modules())
    wrong = [names] if isinstance(names, str) else [name for name in names if name not in layers]
    if wrong:
        raise ValueError(f"scaled_layers must list names of layers of {type(network).__name__}, got {wrong[0]!r}")
    return tuple(names)


def _checked(build: Callable[..., Any], name: str) -> Callable[[int], nn.Module]:
    def built(num_classes: int) -> nn.Module:
        network = build(num_classes=num_classes)
        if not isinstance(network, nn.Module):
            raise ValueError(f"backbone: {name} must return a torch.nn.Module, got a {type(network).__name__}")
        return network

    return built
