"""What a training step keeps for its backward pass, counted at full size over tensors without values."""

from collections import Counter
from functools import partial

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

import ffn
from ffn.training.objectives import CrossEntropy, Distillation, Step
from tests.pretended_device import pretended_device

CLIPS, SIZE = 8, 224
LARGEST_RATIO = 1.1


class KeptBytes:
    """Bytes of the storages that autograd keeps now, without those of ``model``, and the most so far."""

    def __init__(self, model):
        self.of_model = {parameter.untyped_storage()._cdata for parameter in model.parameters()}
        self.holders, self.now, self.peak = Counter(), 0, 0

    def change(self, tensor, holders):
        storage = tensor.untyped_storage()
        if storage._cdata in self.of_model:
            return
        before = self.holders[storage._cdata]
        self.holders[storage._cdata] = before + holders
        if 0 in (before, before + holders):
            self.now += holders * storage.nbytes()
        self.peak = max(self.peak, self.now)


class Kept:
    """A tensor that autograd keeps; counted as long as it exists."""

    def __init__(self, tensor, count):
        self.tensor, self.count = tensor.detach(), count  # without its graph
        count.change(tensor, 1)

    def __del__(self):
        self.count.change(self.tensor, -1)


def peak(name, frame_counts, objective):
    """Bytes kept by a step of ``CLIPS`` clips in bfloat16. A sequence keeps the most at the end of its forward pass."""
    with pretended_device() as device, device:  # where layers are made: drawing their weights takes seconds on a CPU
        model = ffn.create_model(name, 174, frame_counts).train()
        count = KeptBytes(model)
        step = Step(
            clips={frames: partial(torch.empty, CLIPS, frames, 3, SIZE, SIZE) for frames in frame_counts},
            labels=torch.zeros(CLIPS, dtype=torch.int64),
            predict=torch.autocast(device.type, torch.bfloat16)(model),
            backward=lambda loss: None,
        )
        with saved_tensors_hooks(partial(Kept, count=count), lambda kept: kept.tensor):
            objective.backward(step)
    assert count.now == 0
    return count.peak


@pytest.mark.filterwarnings("ignore:Accessing the data pointer of FakeTensor")
def test_ffn_keeps_no_more_than_its_longest_sequence():
    tsm = peak("tsm_resnet50", (16,), CrossEntropy())
    assert tsm > CLIPS * 16 * 50e6  # 53 convolutions' inputs and outputs of a frame take more than 50 MB
    assert tsm <= peak("ffn_resnet50", (4, 8, 16), Distillation()) <= LARGEST_RATIO * tsm
