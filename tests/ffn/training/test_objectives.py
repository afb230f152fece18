import weakref

import pytest
import torch
import torch.nn.functional as F

import ffn
from ffn.training.objectives import backward_by_sequence, divergence

COUNTS = (4, 8, 16)


@pytest.fixture
def network_and_clips():
    torch.manual_seed(0)
    model = ffn.create_model("ffn_tiny", num_classes=5, frame_counts=COUNTS, dropout=0.0).double().train()
    clips = {count: torch.randn(3, count, 3, 48, 48, dtype=torch.float64) for count in COUNTS}
    return model, clips, torch.tensor([0, 3, 1])


def gradients(model):
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("weight", [1.0, 0.3, None])
def test_gradients_equal_those_of_the_summed_loss(network_and_clips, weight, monkeypatch):
    model, clips, labels = network_and_clips
    monkeypatch.setattr(torch.Tensor, "float", lambda tensor: tensor)  # keep double precision through the objective
    results = backward_by_sequence(
        lambda count: model(clips[count]), labels, frame_counts=COUNTS, distillation_weight=weight
    )
    by_sequence = gradients(model)
    model.zero_grad()
    logits = {count: model(clips[count]) for count in COUNTS}
    losses = {16: F.cross_entropy(logits[16], labels)}
    teacher = logits[16].detach().softmax(1)
    for count in (4, 8):
        if weight is None:
            losses[count] = F.cross_entropy(logits[count], labels)
        else:
            student = logits[count].log_softmax(1)
            losses[count] = weight * (teacher * (teacher.log() - student)).sum(1).mean()
    sum(losses.values()).backward()
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(by_sequence[name], gradient, rtol=1e-10, atol=1e-10)
    for count, loss in losses.items():
        torch.testing.assert_close(results[count].loss, loss.detach(), rtol=1e-10, atol=1e-10)


def test_cross_entropy_goes_beside_distillation(network_and_clips):
    model, clips, labels = network_and_clips
    losses = {}
    for weights in ((1.0, 0.0), (0.0, 1.0), (2.0, 0.5)):
        results = backward_by_sequence(
            lambda count: model(clips[count]), labels, frame_counts=COUNTS, distillation_weight=weights[0],
            cross_entropy_weight=weights[1],
        )  # fmt: skip
        losses[weights] = results[4].loss
    torch.testing.assert_close(losses[1.0, 0.0] * 2 + losses[0.0, 1.0] / 2, losses[2.0, 0.5])


def test_another_teacher_is_asked_at_the_highest_count_alone(network_and_clips):
    model, clips, labels = network_and_clips
    lesson, asked = torch.randn(3, 5, dtype=torch.float64), []

    def teach(count):
        asked.append(count)
        return lesson

    results = backward_by_sequence(
        lambda count: model(clips[count]), labels, frame_counts=COUNTS, distillation_weight=1.0, teach=teach
    )
    assert asked == [16]
    for count in (4, 8):
        torch.testing.assert_close(results[count].loss, divergence(lesson, results[count].logits))


def test_a_single_sequence_is_cross_entropy(network_and_clips):
    model, clips, labels = network_and_clips
    results = backward_by_sequence(
        lambda count: model(clips[count]), labels, frame_counts=(8,), distillation_weight=1.0
    )
    torch.testing.assert_close(results[8].loss, F.cross_entropy(results[8].logits, labels))


class SavedForBackward:
    """Bytes that autograd keeps for the backward pass, now and at most."""

    def __init__(self):
        self.now = self.peak = 0

    def pack(self, tensor):
        size = tensor.numel() * tensor.element_size()
        self.now += size
        self.peak = max(self.peak, self.now)
        kept = Kept(tensor)
        weakref.finalize(kept, self._free, size)
        return kept

    def _free(self, size):
        self.now -= size


class Kept:
    def __init__(self, tensor):
        self.tensor = tensor


def test_peak_memory_is_that_of_the_longest_sequence(network_and_clips):
    model, clips, labels = network_and_clips
    peaks = {}
    for counts in ((16,), COUNTS):
        saved = SavedForBackward()
        with torch.autograd.graph.saved_tensors_hooks(saved.pack, lambda kept: kept.tensor):
            backward_by_sequence(
                lambda count: model(clips[count]), labels, frame_counts=counts, distillation_weight=1.0
            )
        peaks[counts] = saved.peak
    assert peaks[COUNTS] == peaks[(16,)] > 0
