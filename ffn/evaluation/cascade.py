"""A budget that adapts: the smallest frame count first, and more frames only where its answer is not sure."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class CascadeAnswer:
    """``probabilities`` (B, classes) of the count at which each clip stopped, and these ``frame_counts`` (B,)."""

    probabilities: Tensor
    frame_counts: Tensor


class Cascade(nn.Module):
    """Networks at rising frame counts, each asked only about the clips of which those before were not sure.

    A clip stops at the first count whose most probable class reaches ``threshold``, or at the last. The networks may be
    one frame-flexible network at its counts, or Separated Training's. Confidence is what the network says of itself:
    choose the threshold on validation clips (``python -m analysis report`` draws what each one costs).
    """

    def __init__(self, networks: Mapping[int, nn.Module], threshold: float, *, averaging: bool = False) -> None:
        """``networks`` by frame count; ``averaging``: each answer is the mean with those of the counts before.

        Raises ValueError naming the argument.
        """
        super().__init__()
        if not networks or min(networks) < 1:
            raise ValueError(f"networks must be given for frame counts of 1 or more, got {sorted(networks)}")
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold must be a probability from 0 to 1, got {threshold}")
        self.frame_counts = tuple(sorted(networks))
        self.networks = nn.ModuleList(networks[count] for count in self.frame_counts)
        self.threshold, self.averaging = threshold, averaging

    @torch.inference_mode()
    def forward(self, clips: Mapping[int, Tensor]) -> CascadeAnswer:
        """``clips``: for each frame count T the normalised frames (B, T, 3, H, W) of the same videos.

        They may be computed when asked for, as those of larger counts are asked for only while a clip is not sure.
        """
        (smallest, cheapest), *others = zip(self.frame_counts, self.networks)
        answers = cheapest(clips[smallest]).float().softmax(dim=1)
        stopped = torch.full((len(answers),), smallest, device=answers.device)
        for asked, (count, network) in enumerate(others, start=1):
            unsure = answers.max(dim=1).values < self.threshold
            if not unsure.any():
                break
            found = network(clips[count][unsure]).float().softmax(dim=1)
            answers[unsure] = (asked * answers[unsure] + found) / (asked + 1) if self.averaging else found
            stopped[unsure] = count
        return CascadeAnswer(probabilities=answers, frame_counts=stopped)
