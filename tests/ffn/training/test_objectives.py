import json
import weakref
from dataclasses import fields

import pytest
import torch
import torch.nn.functional as F

import ffn
from ffn.training.objectives import (
    OBJECTIVES,
    CrossEntropy,
    Distillation,
    Mixed,
    Step,
    divergence,
    mix_in,
    objective_from_dict,
)

COUNTS = (4, 8, 16)
VARIED = [
    CrossEntropy(),
    Distillation(),
    Distillation(weight=0.3, cross_entropy_weight=0.5, begins_at=0.25, averaged_teacher=True),
    Mixed(),
]


@pytest.fixture
def network_and_clips():
    torch.manual_seed(0)
    model = ffn.create_model("ffn_tiny", num_classes=5, frame_counts=COUNTS, dropout=0.0).double().train()
    clips = {count: torch.randn(3, count, 3, 48, 48, dtype=torch.float64) for count in COUNTS}
    return model, clips, torch.tensor([0, 3, 1])


def step_of(network_and_clips, counts=COUNTS, **changes):
    model, clips, labels = network_and_clips
    makers = {count: lambda count=count: clips[count] for count in counts}
    return Step(**{"clips": makers, "labels": labels, "predict": model} | changes)


def gradients(model):
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.grad is not None}


def summed_losses(objective, logits, labels):
    """The losses of all counts at once, written plainly."""
    losses = {16: F.cross_entropy(logits[16], labels)}
    if objective == Mixed():
        return losses
    teacher = logits[16].detach().softmax(1)
    for count in (4, 8):
        cross_entropy = F.cross_entropy(logits[count], labels)
        if objective == CrossEntropy():
            losses[count] = cross_entropy
        else:
            student = logits[count].log_softmax(1)
            kl = (teacher * (teacher.log() - student)).sum(1).mean()
            losses[count] = objective.weight * kl + objective.cross_entropy_weight * cross_entropy
    return losses


@pytest.mark.parametrize(
    "objective",
    [CrossEntropy(), Distillation(), Distillation(weight=0.3, cross_entropy_weight=0.5), Mixed()],
)
def test_gradients_equal_those_of_the_summed_loss(network_and_clips, objective):
    model, clips, labels = network_and_clips
    torch.manual_seed(1)
    results = objective.backward(step_of(network_and_clips))
    by_sequence = gradients(model)
    model.zero_grad()
    torch.manual_seed(1)  # the place and the weight of a mixture
    mixed = clips | {16: mix_in(clips[16], clips[4])} if objective == Mixed() else clips
    logits = {count: model(mixed[count]) for count in objective.trained_counts(COUNTS)}
    losses = summed_losses(objective, logits, labels)
    sum(losses.values()).backward()
    assert by_sequence.keys() == gradients(model).keys()
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(by_sequence[name], gradient, rtol=1e-10, atol=1e-10)
    assert results.keys() == losses.keys()
    for count, loss in losses.items():
        torch.testing.assert_close(results[count].loss, loss.detach(), rtol=1e-10, atol=1e-10)


def test_distillation_waits_until_its_share_of_the_training(network_and_clips):
    objective, losses = Distillation(begins_at=0.5), {}
    for index in (4, 5):
        results = objective.backward(step_of(network_and_clips, index=index, total=10))
        losses[index] = results[4].loss, F.cross_entropy(results[4].logits, network_and_clips[2])
    assert torch.equal(*losses[4])
    assert not torch.equal(*losses[5])


def test_the_average_is_asked_at_the_highest_count_alone(network_and_clips):
    lesson, asked = torch.randn(3, 5, dtype=torch.float64), []

    def predict_averaged(clips):
        asked.append(clips.shape[1])
        return lesson

    results = Distillation(averaged_teacher=True).backward(
        step_of(network_and_clips, predict_averaged=predict_averaged)
    )
    assert asked == [16]
    for count in (4, 8):
        torch.testing.assert_close(results[count].loss, divergence(lesson, results[count].logits))


@pytest.mark.parametrize("objective", VARIED)
@pytest.mark.parametrize("counts", [(8,), (4, 16), COUNTS])
def test_the_passes_are_those_that_the_objective_announces(objective, counts, network_and_clips):
    model, passes = network_and_clips[0], {"trained": [], "taught": []}

    def noted(kind):
        return lambda clips: passes[kind].append(clips.shape[1]) or model(clips)

    step = step_of(
        network_and_clips, counts, predict=noted("trained"), predict_averaged=noted("taught"), index=5, total=10
    )
    results = objective.backward(step)
    assert passes["trained"] == sorted(objective.trained_counts(counts), reverse=True) == list(results)
    assert passes["taught"] == list(objective.taught_counts(counts))


@pytest.mark.parametrize("objective", VARIED)
def test_a_single_sequence_is_cross_entropy(objective, network_and_clips):
    results = objective.backward(step_of(network_and_clips, counts=(8,)))
    torch.testing.assert_close(results[8].loss, F.cross_entropy(results[8].logits, network_and_clips[2]))


@pytest.mark.parametrize("objective", VARIED)
def test_an_objective_comes_back_from_plain_values(objective):
    assert objective_from_dict(json.loads(json.dumps(objective.as_dict()))) == objective


def test_every_objective_has_its_round_trip_here():
    assert {type(objective) for objective in VARIED} == set(OBJECTIVES.values())


@pytest.mark.parametrize("values", ["distillation", {"name": "mse"}, {"weight": 1.0}])
def test_what_is_no_objective_is_refused(values):
    with pytest.raises(ValueError, match="objective"):
        objective_from_dict(values)


@pytest.mark.parametrize("name", [field.name for field in fields(Distillation)])
def test_an_unknown_or_unusable_field_is_refused_by_its_name(name):
    with pytest.raises(ValueError, match=f"{name}s"):
        objective_from_dict({"name": "distillation", f"{name}s": 1.0})
    for value in (-0.1, float("nan")):
        if name != "averaged_teacher":
            with pytest.raises(ValueError, match=name):
                Distillation(**{name: value})


def test_only_consecutive_frames_are_mixed_and_lie_between_both_clips():
    for seed in range(20):
        torch.manual_seed(seed)
        mixed = mix_in(torch.zeros(2, 16, 3, 4, 4), torch.ones(2, 4, 3, 4, 4))
        touched = (mixed != 0).flatten(2).any(dim=2)
        places = touched[0].nonzero()[:, 0].tolist()
        assert places == list(range(places[0], places[0] + 4))
        assert torch.equal(touched[0], touched[1])
        assert 0 < mixed.max() <= 1


def test_mixing_leaves_the_long_clip_alone_and_follows_the_seed():
    long_clips, short_clips = torch.randn(1, 8, 2), torch.randn(1, 4, 2)
    before = long_clips.clone()
    torch.manual_seed(1)
    first = mix_in(long_clips, short_clips)
    torch.manual_seed(1)
    assert torch.equal(mix_in(long_clips, short_clips), first)
    assert torch.equal(long_clips, before)


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
    peaks = {}
    for counts in ((16,), COUNTS):
        saved = SavedForBackward()
        with torch.autograd.graph.saved_tensors_hooks(saved.pack, lambda kept: kept.tensor):
            Distillation().backward(step_of(network_and_clips, counts))
        peaks[counts] = saved.peak
    assert peaks[COUNTS] == peaks[(16,)] > 0
