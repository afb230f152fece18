"""Frame Flexible Networks: train a video network once, use it at any frame count.

The public functions load on first use, so that importing ``ffn.data`` in a decoding process stays cheap.
"""

import importlib
from typing import Any

_PUBLIC = {
    "Cascade": "ffn.evaluation.cascade",
    "create_model": "ffn.models.factory",
    "decode": "ffn.data.decoding",
    "export_sub_network": "ffn.models.folding",
    "frame_flexible": "ffn.models.frame_flexible",
    "load_official": "ffn.models.official",
    "segment_indices": "ffn.data.frame_sampling",
    "shared_indices": "ffn.data.frame_sampling",
    "sub_network": "ffn.models.folding",
}
__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'ffn' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
