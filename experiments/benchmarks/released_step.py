"""The released training step in a plain version of our own: what the step and the memory are compared with.

Channels first and uncompiled. Every sequence goes forward before the sum of their losses goes backward. The shift is
autograd's own slices, and weight alteration a depth-wise convolution over activations. On a GPU float16 under automatic
mixed precision with a loss scale, on a processor float32 and clipped gradients. Losses and accuracy are read each step.
"""

import copy
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ffn.models.frame_flexible import replace_modules
from ffn.models.temporal_shift import SHIFTED_SHARE, FrameConv2d
from ffn.models.tsm import TSM
from ffn.models.weight_alteration import AlteredConv2d
from ffn.training.optimisation import parameter_groups
from ffn.training.settings import TrainingSettings


class ReleasedStep:
    """Trains a copy of ``model``; a call makes one step with ``clips``, frame count -> (B, T, 3, H, W) normalised."""

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
        """Losses and logits of every count, the highest first; gradients are left in the parameters."""
        with torch.autocast(self.device.type, torch.float16, enabled=self.mixed):
            logits = [self.model(clips[count]) for count in sorted(clips, reverse=True)]
        teacher, *students = [found.to(torch.promote_types(found.dtype, torch.float32)) for found in logits]
        target = teacher.detach().softmax(1)
        losses = [F.cross_entropy(teacher, labels)]
        losses += [F.kl_div(student.log_softmax(1), target, reduction="batchmean") for student in students]
        self.scaler.scale(torch.stack(losses).sum()).backward()
        return losses, logits


class PlainShiftedConv2d(nn.Module):
    """``conv``, with its shift and its alteration done on activations."""

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
    """``temporal_shift`` as slices that autograd follows."""
    clips, fold = x.unflatten(0, (-1, num_frames)), x.shape[1] // SHIFTED_SHARE
    shifted = torch.zeros_like(clips)
    shifted[:, :-1, :fold] = clips[:, 1:, :fold]
    shifted[:, 1:, fold : 2 * fold] = clips[:, :-1, fold : 2 * fold]
    shifted[:, :, 2 * fold :] = clips[:, :, 2 * fold :]
    return shifted.flatten(0, 1)
