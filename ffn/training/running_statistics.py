"""BatchNorm's running statistics where a batch is normalised in parts."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch.nn.modules.batchnorm import _BatchNorm

from ffn.models.tsm import TSM


@contextmanager
def kept_statistics(model: TSM) -> Iterator[None]:
    """Batches that ``model`` is trained on do not move its running statistics meanwhile."""
    layers = [layer for layer in model.normalisation_layers() if isinstance(layer, _BatchNorm)]
    moving = [layer for layer in layers if layer.track_running_stats]
    for layer in moving:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer in moving:
            layer.track_running_stats = True
