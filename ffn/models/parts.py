"""The private parts of each frame count; all other parts of a network are shared."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The private parts of a frame-flexible network. The defaults are FFN's (Table 4 ablates them one by one)."""

    normalisation: bool = True
    """Specialised normalisation (SN): normalisation layers per count, of every type."""
    alteration: bool = True
    """Weight alteration (WA): a scale per count on the input channels of the network's ``scaled_layers``."""
    weight_sharing: bool = True
    """Weight sharing (WS): convolutions and classifier are shared; without it each count has its own."""
    temporal_kernels: bool = False
    """Not in the paper: a temporal filter per count (``ffn.models.temporal_kernels``) instead of a TSM's shift and
    scales."""
    classifier: bool = False
    """Not in the paper: a classifier per count."""

    @classmethod
    def named(cls, names: Sequence[str]) -> Self:
        """Exactly the parts ``names``. Raises ValueError for a name that is not in ``PART_NAMES``."""
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
"""Names on the command line, and the field that each sets."""
DEFAULT_RETROFIT, UNSHIFTED_RETROFIT = ("bn", "kernels", "classifier"), ("bn", "classifier")
"""What a retrofit trains of a TSM, and of a network over clips, which has no shift that kernels could replace."""
