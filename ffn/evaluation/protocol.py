"""How a trained network is evaluated at a frame count."""

from dataclasses import dataclass

from ffn.data.frame_sampling import FrameSampling
from ffn.data.views import Views


@dataclass(frozen=True, kw_only=True)
class EvaluationProtocol:
    """Which frames a clip takes, and how many clips and crops of a video a prediction averages.

    The default is the paper's: one clip of the segments' centres, one centre crop.
    """

    sampling: FrameSampling = "centre"
    views: Views = Views()


PLAIN = EvaluationProtocol()
