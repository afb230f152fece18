import pytest
import torch

import ffn
from ffn.models.temporal_shift import temporal_shift


def test_each_eighth_takes_its_neighbour_and_ends_are_zero():
    clip = torch.arange(1.0, 4).reshape(3, 1, 1, 1).expand(3, 8, 2, 2)  # frame t holds t + 1
    shifted = temporal_shift(clip, 3)[:, :, 0, 0]
    assert shifted[:, 0].tolist() == [2, 3, 0]
    assert shifted[:, 1].tolist() == [0, 1, 2]
    assert shifted[:, 2:].T.tolist() == [[1, 2, 3]] * 6


def test_clips_of_a_batch_do_not_mix():
    first, second, other = torch.randn(3, 4, 16, 3, 3)
    together = temporal_shift(torch.cat([first, second]), 4)
    assert torch.equal(together[:4], temporal_shift(torch.cat([first, other]), 4)[:4])
    assert torch.equal(together[:4], temporal_shift(first, 4))


def test_gradient_is_the_shift_back():
    x = torch.randn(6, 8, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: temporal_shift(x, 3), x)


def test_half_a_clip_is_refused():
    with pytest.raises(ValueError, match="num_frames"):
        temporal_shift(torch.zeros(7, 8, 1, 1), 4)


@pytest.mark.parametrize("name", ["tsm_tiny", "ffn_tiny"])
def test_logits_do_not_depend_on_the_batch_in_evaluation(name):
    model = ffn.create_model(name, num_classes=3).double().eval()
    clips = torch.randn(3, 4, 3, 48, 48, dtype=torch.float64)
    alone = torch.cat([model(clip[None]) for clip in clips])
    torch.testing.assert_close(model(clips), alone, rtol=1e-12, atol=1e-12)


def test_training_shifts_nothing_across_clips():
    """With BatchNorm frozen, nothing else couples the clips of a training batch."""
    model = ffn.create_model("tsm_tiny", num_classes=3, dropout=0.0).double().train()
    freeze_batchnorm(model)
    clips = torch.randn(2, 4, 3, 48, 48, dtype=torch.float64, requires_grad=True)
    model(clips)[0].sum().backward()
    assert clips.grad[0].abs().sum() > 0
    assert clips.grad[1].abs().sum() == 0


def test_the_released_window_leaks_in_training_only():
    model = ffn.create_model("tsm_tiny", num_classes=3, dropout=0.0, training_window=8).double()
    freeze_batchnorm(model)
    clips = torch.randn(2, 4, 3, 48, 48, dtype=torch.float64, requires_grad=True)
    model(clips)[0].sum().backward()
    assert clips.grad[1].abs().sum() > 0
    clips.grad = None
    model.eval()(clips)[0].sum().backward()
    assert clips.grad[1].abs().sum() == 0


def test_the_released_window_gives_way_where_it_does_not_fit():
    """Three clips of four frames are no whole number of windows of eight."""
    clips = torch.randn(3, 4, 3, 48, 48)
    networks = [ffn.create_model("tsm_tiny", num_classes=3, dropout=0.0, training_window=n) for n in (None, 8)]
    networks[1].load_state_dict(networks[0].state_dict())
    assert torch.equal(networks[0](clips), networks[1](clips))


def freeze_batchnorm(model):
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
