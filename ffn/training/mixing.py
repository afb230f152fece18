"""Mixed training: a short clip laid over consecutive frames of the long one (FFN paper, Table 1, "Mixed Sampling")."""

import torch
from torch import Tensor


def mix_in(long_clips: Tensor, short_clips: Tensor) -> Tensor:
    """``long_clips`` (B, H, ...) in which consecutive frames are blended with ``short_clips`` (B, L, ...), L <= H.

    Both are clips of the same videos, so the labels stay. The paper names neither the place nor the weight: here one
    place and one weight, uniform in [0, 1), are drawn per batch from torch's generator.
    """
    count = short_clips.shape[1]
    start = int(torch.randint(long_clips.shape[1] - count + 1, ()))
    weight = torch.rand(()).item()
    mixed = long_clips.clone()
    mixed[:, start : start + count] = weight * long_clips[:, start : start + count] + (1 - weight) * short_clips
    return mixed
