import pytest
import torch

import ffn
from ffn.models.frame_context import FrameContext
from ffn.models.temporal_kernels import TemporalKernel
from ffn.models.temporal_shift import temporal_shift


def kernel(channels=16, window=4, weight=None):
    context = FrameContext()
    context.enter(1, window, training=False)
    module = TemporalKernel(channels, context, shifts=True).double()
    if weight is not None:
        module.weight.data.copy_(weight)
    return module


def test_a_new_kernel_is_the_shift():
    for window in (1, 2, 4):
        x = torch.randn(8, 16, 3, 3, dtype=torch.float64)
        assert torch.equal(kernel(window=window)(x), temporal_shift(x, window))


@pytest.mark.parametrize("training_window", [None, 16])
def test_a_converted_network_begins_with_the_shifts_outputs_and_gradients(training_window):
    """Also where the released recipe shifts over clip boundaries."""
    tsm = ffn.create_model("tsm_tiny", num_classes=3, dropout=0.0, training_window=training_window)
    flexible = ffn.frame_flexible(tsm, (4, 16), temporal_kernels=True)
    clips = torch.randn(4, 4, 3, 48, 48)
    for model in (tsm, flexible):
        model.train()(clips).sum().backward()
    assert torch.equal(tsm(clips), flexible(clips))
    for name in ("backbone.conv1.weight", "backbone.blocks.2.conv1.weight"):
        torch.testing.assert_close(tsm.get_parameter(name).grad, flexible.get_parameter(name).grad)


def test_a_kernel_weighs_previous_same_and_next_frame_with_zeros_beyond_the_clip():
    weight = torch.randn(3, 5, dtype=torch.float64)
    x = torch.randn(6, 5, 2, 2, dtype=torch.float64)
    clips, taps = x.unflatten(0, (2, 3)), weight[:, :, None, None]
    none = torch.zeros_like(clips[:, :1])
    previous, following = torch.cat([none, clips[:, :-1]], 1), torch.cat([clips[:, 1:], none], 1)
    expected = (taps[0] * previous + taps[1] * clips + taps[2] * following).flatten(0, 1)
    torch.testing.assert_close(kernel(5, 3, weight)(x), expected)


def test_gradients_are_those_of_finite_differences():
    module = kernel(4, 3, torch.randn(3, 4))
    x = torch.randn(6, 4, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *tensors: module(tensors[0]), (x, module.weight))


def test_gradients_under_mixed_precision_keep_the_weights_type():
    flexible = ffn.create_model("ffn_tiny", num_classes=3, frame_counts=(4,), temporal_kernels=True)
    with torch.autocast("cpu", torch.bfloat16):
        loss = flexible.train()(torch.randn(2, 4, 3, 48, 48)).sum()
    loss.backward()
    gradients = [p.grad for name, p in flexible.named_parameters() if "temporal_kernels" in name]
    assert len(gradients) == 4
    assert all(gradient.dtype == torch.float32 and gradient.abs().sum() > 0 for gradient in gradients)
