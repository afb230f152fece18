"""Crops of a clip's frames, as bytes."""

from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms.v2.functional import resize

from ffn.data.reading import Box, Frames

TrainingCrop = Literal["random", "multi_scale", "per_frame"]

# Wang et al., TSN: the multi-scale crop of TSM and the released FFN code.
MULTI_SCALES = (1, 0.875, 0.75, 0.66)
MULTI_SCALE_OFFSETS = (  # quarters of the free space: down, right
    (0, 0), (0, 4), (4, 0), (4, 4), (2, 2), (2, 0), (2, 4), (4, 2), (0, 2), (1, 1), (1, 3), (3, 1), (3, 3),
)  # fmt: skip
PER_FRAME_AREA, PER_FRAME_RATIO = [0.8, 1.0], [3 / 4, 4 / 3]


@dataclass(frozen=True, kw_only=True)
class CropGeometry:
    """Frames are scaled to ``short_side``, then cropped to ``size`` x ``size`` pixels (in one step)."""

    short_side: int = 256
    size: int = 224

    def __post_init__(self) -> None:
        if not 0 < self.size <= self.short_side:
            raise ValueError(f"size must lie in 1..short_side={self.short_side}, got {self.size}")


def evaluation_boxes(height: int, width: int, geometry: CropGeometry, crops: int) -> list[Box]:
    """``crops`` squares in the frame's pixels: the centre (1), or start, centre and end of the longer side (3).

    The centre is rounded as torchvision's CenterCrop rounds it, which TSM and the released code use.
    """
    side = _side(height, width, geometry)
    free_height, free_width = height - side, width - side
    centre = Box(round(free_height / 2), round(free_width / 2), side, side)
    if crops == 1:
        return [centre]
    if height > width:
        return [Box(0, centre.left, side, side), centre, Box(free_height, centre.left, side, side)]
    return [Box(centre.top, 0, side, side), centre, Box(centre.top, free_width, side, side)]


def training_box(height: int, width: int, geometry: CropGeometry, kind: TrainingCrop, rng: np.random.Generator) -> Box:
    """One random crop; ``per_frame`` is torchvision's RandomResizedCrop of 80 to 100 % of the area."""
    if kind == "random":
        side = _side(height, width, geometry)
        return Box(int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1)), side, side)
    if kind == "multi_scale":
        return _multi_scale_box(height, width, geometry.size, rng)
    if kind == "per_frame":
        return _random_resized_box(height, width, rng)
    raise ValueError(f"crop must be one of {', '.join(get_args(TrainingCrop))}, got {kind!r}")


def crop_frames(frames: Frames, boxes: list[Box], size: int) -> Tensor:
    """Crop ``frames`` to (N, size, size, 3) uint8; ``boxes``: one for all frames, or one per frame."""
    if len(boxes) == 1:
        return _resized(frames.cut(boxes[0]), size)
    rows = range(frames.shape[0])
    return torch.cat(
        [_resized(frames.cut(box, slice(row, row + 1)), size) for row, box in zip(rows, boxes, strict=True)]
    )


def _resized(cut: np.ndarray, size: int) -> Tensor:
    pixels = torch.from_numpy(cut)
    if cut.shape[1:3] == (size, size):
        return pixels
    return resize(pixels.permute(0, 3, 1, 2), [size, size], antialias=True).permute(0, 2, 3, 1)


def _side(height: int, width: int, geometry: CropGeometry) -> int:
    return round(min(height, width) * geometry.size / geometry.short_side)


def _multi_scale_box(height: int, width: int, size: int, rng: np.random.Generator) -> Box:
    sides = _multi_scale_sides(min(height, width), size)
    at_most_one_step = [(i, j) for i, j in product(range(len(sides)), repeat=2) if abs(i - j) <= 1]
    i, j = at_most_one_step[rng.integers(len(at_most_one_step))]
    down, right = MULTI_SCALE_OFFSETS[rng.integers(len(MULTI_SCALE_OFFSETS))]
    return Box(down * ((height - sides[i]) // 4), right * ((width - sides[j]) // 4), sides[i], sides[j])


def _multi_scale_sides(short: int, size: int) -> list[int]:
    """A side within 2 pixels of ``size`` becomes ``size``, except beyond the frame (the released code pads there)."""
    sides = [int(short * scale) for scale in MULTI_SCALES]
    return [size if size <= short and abs(side - size) < 3 else side for side in sides]


def _random_resized_box(height: int, width: int, rng: np.random.Generator) -> Box:
    """torchvision's own draw, with its fallback after ten boxes that do not fit."""
    with torch.random.fork_rng(devices=()):
        torch.default_generator.manual_seed(int(rng.integers(2**63)))
        frame = torch.empty(1, height, width, device="meta")
        return Box(*RandomResizedCrop.get_params(frame, scale=PER_FRAME_AREA, ratio=PER_FRAME_RATIO))
