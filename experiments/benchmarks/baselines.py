"""What the benchmarks compare with: the data path of the earlier reproduction and the released training step.

Both are plain reimplementations. The data path decodes the whole video for every frame count, converts every frame to
RGB, crops frame by frame in floating point, and sends normalised float32 to the training process.

The step is channels first and not compiled. All sequences run forward before the sum of their losses goes backward. The
shift is slicing under autograd, weight alteration a depth-wise convolution over activations. On a GPU it uses float16
under automatic mixed precision with loss scaling, on a CPU float32 and gradient clipping. Losses and accuracy are read
in each step.
"""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

import av
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision.transforms.v2.functional import normalize, resized_crop

from ffn.data.batches import IMAGENET_MEAN, IMAGENET_STD
from ffn.data.clips import ClipPreparation, ClipRequest
from ffn.data.cropping import training_box
from ffn.data.frame_sampling import training_indices
from ffn.data.videos import Video
from ffn.models.frame_flexible import replace_modules
from ffn.models.temporal_shift import SHIFTED_SHARE, FrameConv2d
from ffn.models.tsm import TSM
from ffn.models.weight_alteration import AlteredConv2d
from ffn.training.optimisation import parameter_groups
from ffn.training.settings import TrainingSettings


class EarlierClips(Dataset):
    """Maps random ``ClipRequest``s to frame count -> (T, 3, H, W) float32; same frames and crops as ``ClipDataset``."""

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
    """All frames of a video, (H, W, 3) uint8 each."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_count = 1
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def float_clip(frames: Sequence[np.ndarray], place: tuple[int, int, int, int], size: list[int]) -> Tensor:
    """Frames (H, W, 3) uint8 to a normalised clip (T, 3, size, size) float32."""
    clip = np.stack(frames)
    floats = [torch.from_numpy(frame).permute(2, 0, 1).float() / 255 for frame in clip]
    crops = torch.stack([resized_crop(frame, *place, size, antialias=True) for frame in floats])
    return torch.stack([normalize(crop, IMAGENET_MEAN, IMAGENET_STD) for crop in crops])


class ReleasedStep:
    """Trains a copy of ``model``; a call takes one step on ``clips``, frame count -> (B, T, 3, H, W) normalised."""

    def __init__(self, model: TSM, settings: TrainingSettings) -> None:
        self.model = copy.deepcopy(model).to(memory_format=torch.contiguous_format).train()
        self.device = next(model.parameters()).device
        self.mixed = self.device.type == "cuda"
        self.max_norm = settings.max_gradient_norm
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.mixed)
        self.sgd = torch.optim.SGD(parameter_groups(self.model, settings), momentum=settings.momentum, foreach=False)
        replace_modules(self.model, FrameConv2d, PlainShiftedConv2d)

    def __call__(self, clips: Mapping[int, Tensor], labels: Tensor) -> list[float]:
        losses, logits = self.backward(clips, labels)
        if not self.mixed:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)
        self.scaler.step(self.sgd)
        self.scaler.update()
        self.sgd.zero_grad()
        hits = [(found.argmax(1) == labels).float().mean() for found in logits]
        return [value.item() for value in (*losses, *hits)]

    def backward(self, clips: Mapping[int, Tensor], labels: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Losses and logits of every count, highest first; gradients are left in the parameters."""
        with torch.autocast(self.device.type, torch.float16, enabled=self.mixed):
            logits = [self.model(clips[count]) for count in sorted(clips, reverse=True)]
        teacher, *students = [found.to(torch.promote_types(found.dtype, torch.float32)) for found in logits]
        target = teacher.detach().softmax(1)
        losses = [F.cross_entropy(teacher, labels)]
        losses += [F.kl_div(student.log_softmax(1), target, reduction="batchmean") for student in students]
        self.scaler.scale(torch.stack(losses).sum()).backward()
        return losses, logits


class PlainShiftedConv2d(nn.Module):
    """``conv`` with shift and alteration applied to activations."""

    def __init__(self, conv: FrameConv2d) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        conv = self.conv
        shifted = plain_shift(x, conv.context.shift_window)
        if isinstance(conv, AlteredConv2d):
            scale = conv.alteration[str(conv.context.trained_count)]
            shifted = shifted + F.conv2d(shifted, scale[:, None, None, None], groups=len(scale))
        return F.conv2d(shifted, conv.weight, conv.bias, conv.stride, conv.padding)


def plain_shift(x: Tensor, num_frames: int) -> Tensor:
    """``temporal_shift`` as slicing under autograd."""
    clips, fold = x.unflatten(0, (-1, num_frames)), x.shape[1] // SHIFTED_SHARE
    shifted = torch.zeros_like(clips)
    shifted[:, :-1, :fold] = clips[:, 1:, :fold]
    shifted[:, 1:, fold : 2 * fold] = clips[:, :-1, fold : 2 * fold]
    shifted[:, :, 2 * fold :] = clips[:, :, 2 * fold :]
    return shifted.flatten(0, 1)
