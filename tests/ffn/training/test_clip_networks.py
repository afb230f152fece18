"""Networks of any kind through training, checkpoints, evaluation and retrofit: each operation on each network."""

from dataclasses import replace

import pytest
import torch

import ffn
from ffn.data.loaders import ClipLoader, EvaluationBatches
from ffn.data.views import Views
from ffn.evaluation.batchnorm_statistics import batchnorm_statistics
from ffn.evaluation.prediction import predict_with_each
from ffn.evaluation.recalibration import recalibrated
from ffn.models.normalisation import normalisation_layers
from ffn.models.parts import UNSHIFTED_RETROFIT, Parts
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.objectives import Distillation
from ffn.training.opened_checkpoint import StateDictOf, open_checkpoint
from ffn.training.optimisation import CLASSIFIER_BIAS, CLASSIFIER_WEIGHT, NORMALISATION, OTHER, parameter_groups
from tests.ffn.clip_networks import OWN, Recogniser
from tests.ffn.clip_networks import clips as random_clips
from tests.ffn.training.test_loop import check_resuming

CPU = torch.device("cpu")


@pytest.fixture
def settings(small, tiny_settings):
    """Two short epochs of each network."""

    def of(**changes):
        own = {"backbone": small.name, "short_side": small.size + 4, "crop_size": small.size, "data_share": 0.5}
        return tiny_settings(**{**own, "schedule": constant(small.counts[1]), **changes})

    return of


@pytest.fixture
def flexible(small, settings):
    return settings(schedule=constant(*small.counts), parts=Parts(), objective=Distillation())


def run(settings, clips, folder, **options):
    training = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12, **options)
    training.run(folder)
    return folder / "last.pt"


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(flexible, clips, tmp_path):
    check_resuming(flexible, clips, tmp_path)
    opened = open_checkpoint(tmp_path / "parts" / "last.pt")
    assert (opened.backbone, opened.method, opened.settings) == (flexible.backbone, "ffn", flexible)


def test_it_is_evaluated_at_other_counts_and_views_and_recalibrated_where_it_keeps_statistics(
    small, settings, clips, tmp_path
):
    one = settings(epochs=1)
    model = open_checkpoint(run(one, clips, tmp_path)).model
    counts = (3, *small.counts)
    dataset = clips("validation", one).prepared(replace(one.preparation, views=Views(clips=2, crops=3)))
    batches = EvaluationBatches(indices=range(8), batch_size=4, frame_counts=counts)
    found = predict_with_each(dict.fromkeys(counts, model), ClipLoader(dataset, batches), CPU)
    assert all(len(found[count].labels) == 8 for count in counts)
    training = ClipLoader(clips("train", one), batches)
    if not small.statistics:
        assert batchnorm_statistics(model, 3) == ()
        with pytest.raises(ValueError, match=f"no layer of {small.name} keeps running statistics"):
            recalibrated(model, training, counts, CPU)
        return
    adapted = recalibrated(model, training, counts, CPU)
    before, after = batchnorm_statistics(model, 3), batchnorm_statistics(adapted[3], 3)
    assert [row.layer for row in before] == [row.layer for row in after]
    assert before != after


def test_a_retrofit_keeps_its_own_count_bit_for_bit_and_the_others_learn(small, settings, clips, tmp_path):
    source = run(settings(epochs=1), clips, tmp_path / "source")
    lower = settings(epochs=1, schedule=constant(small.counts[0]), start=str(source),
                     parts=Parts.named(UNSHIFTED_RETROFIT))  # fmt: skip
    after, before = (open_checkpoint(path).model for path in (run(lower, clips, tmp_path / "retrofit"), source))
    assert after.context.frame_counts == small.counts
    own, other = (random_clips(small, count) for count in reversed(small.counts))
    assert torch.equal(after(own), before(own))
    assert not torch.equal(after(other), before(other))


def test_weights_of_a_plain_network_begin_every_branch(small, settings, flexible, clips, tmp_path):
    source = run(settings(epochs=1), clips, tmp_path / "source")
    begun = Training(
        replace(flexible, pretrained=str(source)), clips("train", flexible), clips("validation", flexible),
        num_classes=12,
    ).model.eval()  # fmt: skip
    before = open_checkpoint(source).model
    for count in small.counts:
        inputs = random_clips(small, count)
        torch.testing.assert_close(begun(inputs), before(inputs), rtol=1e-5, atol=1e-6)


def test_the_classifier_and_the_normalisation_have_groups_of_their_own(small, settings):
    given = settings(lr=1.0, weight_decay=1.0)
    model = ffn.create_model(f"ffn_{small.name}", 12, small.counts)
    rules = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in parameter_groups(model, given)
        for parameter in group["params"]
    }
    assert len(rules) == len(list(model.parameters()))
    classifier = model.get_submodule(model.classifier_name)
    for parameter, rule in ((classifier.weight, CLASSIFIER_WEIGHT), (classifier.bias, CLASSIFIER_BIAS)):
        assert rules[id(parameter)] == (rule.lr, rule.decay)
    for layer in normalisation_layers(model):
        assert {rules[id(parameter)] for parameter in layer.parameters()} == {(NORMALISATION.lr, NORMALISATION.decay)}
    weights = [m.weight for n, m in model.named_modules() if n in model.scaled_layers and n != model.classifier_name]
    assert {rules[id(weight)] for weight in weights} <= {(OTHER.lr, OTHER.decay)}


@pytest.mark.parametrize("wrapped", ["", "module."])
def test_a_plain_state_dict_of_ones_own_network_is_opened_and_retrofitted(wrapped, tiny_settings, clips, tmp_path):
    theirs = Recogniser(12).eval()
    state = {wrapped + name: value for name, value in theirs.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 3} if wrapped else state, tmp_path / "their.pt")
    settings = tiny_settings(backbone=OWN, short_side=20, crop_size=16, schedule=constant(8))
    opened = open_checkpoint(tmp_path / "their.pt", StateDictOf(settings=settings, num_classes=12))
    inputs = torch.randn(2, 8, 3, 16, 16)
    assert torch.equal(opened.model(inputs), theirs(inputs))
    assert (opened.origin, opened.backbone, opened.method) == ("state dict", OWN, "tsm")
    lower = replace(settings, schedule=constant(2), start=str(tmp_path / "their.pt"), start_frames=8, epochs=1,
                    parts=Parts.named(UNSHIFTED_RETROFIT))  # fmt: skip
    after = open_checkpoint(run(lower, clips, tmp_path / "retrofit")).model
    assert torch.equal(after(inputs), theirs(inputs))
    with pytest.raises(ValueError, match="start_frames must be given"):
        run(replace(lower, start_frames=None), clips, tmp_path / "unsaid")


def test_counts_and_pixels_that_a_network_does_not_take_are_refused_before_training(tiny_settings, clips):
    for changes, word in (({"crop_size": 40}, "40 pixels"), ({"backbone": "s3d", "crop_size": 224}, "takes 13")):
        settings = tiny_settings(**{"backbone": "tiny_vit", "schedule": constant(4), "short_side": 224, **changes})
        with pytest.raises(ValueError, match=word):
            Training(settings, clips("train", settings), clips("validation", settings), num_classes=12)
