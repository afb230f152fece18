"""BatchNorm's running statistics where a batch is normalised in parts."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from ffn.models.normalisation import layers_with_statistics


@contextmanager
def kept_statistics(model: nn.Module) -> Iterator[None]:
    """Batches that ``model`` is trained on do not move its running statistics meanwhile."""
    moving = [layer for layer in layers_with_statistics(model) if layer.track_running_stats]
    for layer in moving:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer in moving:
            layer.track_running_stats = True
