"""Which parts of a network each frame count has of its own; everything else is shared."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The private parts of a frame-flexible network. The defaults are FFN's (its Table 4 takes away one at a time)."""

    normalisation: bool = True
    """Specialised normalisation (SN): normalisation layers per count."""
    alteration: bool = True
    """Weight alteration (WA): per count a scale on the input channels of the altered convolutions."""
    weight_sharing: bool = True
    """Weight sharing (WS): convolutions and classifier are shared; without it each count has its own."""
    temporal_kernels: bool = False
    """Not in the paper: a filter over time per count (``ffn.models.temporal_kernels``), for shift and scales."""
    classifier: bool = False
    """Not in the paper: a classifier per count."""

    @classmethod
    def named(cls, names: Sequence[str]) -> Self:
        """Exactly the parts ``names``, and no others. Raises ValueError for a name that is not in ``PART_NAMES``."""
        unknown = [name for name in names if name not in PART_NAMES]
        if unknown or not names:
            raise ValueError(f"parts must be some of {', '.join(PART_NAMES)}, got {', '.join(names) or 'none'}")
        fields = {"normalisation": False, "alteration": False}
        for name in names:
            fields |= PART_NAMES[name]
        return cls(**fields)

    def as_dict(self) -> dict[str, bool]:
        """The keyword arguments of ``ffn.create_model`` and ``ffn.frame_flexible``."""
        return asdict(self)


PART_NAMES = {
    "bn": {"normalisation": True},
    "scales": {"alteration": True},
    "kernels": {"temporal_kernels": True},
    "classifier": {"classifier": True},
    "weights": {"weight_sharing": False},
}
"""The names on the command line, and the fields that each of them sets."""
DEFAULT_RETROFIT = ("bn", "kernels", "classifier")
