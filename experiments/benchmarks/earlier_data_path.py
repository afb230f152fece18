"""The earlier reproduction's way from video to clips, in its own plain words: what the benchmark compares with.

It decodes the whole video anew for every frame count, makes RGB of every frame, crops frame by frame in floating point,
and ships normalised float32.
"""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.transforms.v2.functional import normalize, resized_crop

from ffn.data.batches import IMAGENET_MEAN, IMAGENET_STD
from ffn.data.clips import ClipPreparation, ClipRequest
from ffn.data.cropping import training_box
from ffn.data.frame_sampling import training_indices
from ffn.data.videos import Video


class EarlierClips(Dataset):
    """Answers random ``ClipRequest``s with frame count -> (T, 3, H, W) float32; the same frames and crops as ours."""

    def __init__(self, videos: Sequence[Video], preparation: ClipPreparation) -> None:
        self.videos, self.preparation = videos, preparation

    def __getitem__(self, request: ClipRequest) -> dict[int, Tensor]:
        how, rng = self.preparation, np.random.default_rng(request.random_key)
        decoded = [every_frame(self.videos[request.index].path) for _ in request.frame_counts]
        indices = [
            training_indices(len(video), count, rng, sampling=how.sampling, short_videos=how.short_videos)
            for video, count in zip(decoded, request.frame_counts)
        ]
        box = training_box(*decoded[0][0].shape[:2], how.geometry, how.crop, rng)
        place, size = (box.top, box.left, box.height, box.width), [how.geometry.size] * 2
        return {
            count: float_clip([video[index] for index in chosen], place, size)
            for count, video, chosen in zip(request.frame_counts, decoded, indices)
        }


def every_frame(path: Path) -> list[np.ndarray]:
    """The whole video, (H, W, 3) uint8 each."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_count = 1
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def float_clip(frames: Sequence[np.ndarray], place: tuple[int, int, int, int], size: list[int]) -> Tensor:
    """Frames (H, W, 3) uint8 to a normalised clip (T, 3, size, size) float32."""
    clip = np.stack(frames)
    floats = [torch.from_numpy(frame).permute(2, 0, 1).float() / 255 for frame in clip]
    crops = torch.stack([resized_crop(frame, *place, size, antialias=True) for frame in floats])
    return torch.stack([normalize(crop, IMAGENET_MEAN, IMAGENET_STD) for crop in crops])
