"""How a trained network is evaluated at a frame count."""

from dataclasses import dataclass
from typing import Literal

from ffn.data.frame_sampling import FrameSampling
from ffn.data.views import Views

Adaptation = Literal["", "recalibrated"]


@dataclass(frozen=True, kw_only=True)
class EvaluationProtocol:
    """The default is the paper's: the network as trained, one clip of the segments' centres, one centre crop."""

    adaptation: Adaptation = ""
    """"recalibrated": with BatchNorm statistics recomputed at the frame count (``ffn.evaluation.recalibration``)."""
    sampling: FrameSampling = "centre"
    """Which frames a clip takes."""
    views: Views = Views()
    """How many clips and crops of a video a prediction averages."""

    def __post_init__(self) -> None:
        if self.sampling == "shared" and self.views.clips > 1:
            raise ValueError(f"clips must be 1 with the sampling shared, which has one, got {self.views.clips}")


PLAIN = EvaluationProtocol()
