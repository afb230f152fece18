from dataclasses import replace

import pytest
import torch

import ffn
from ffn.data.clips import ClipDataset
from ffn.data.layouts.something_something import SomethingSomething
from ffn.models.families import FAMILIES
from ffn.models.parts import Parts
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint, save_checkpoint
from ffn.training.frame_schedule import constant
from ffn.training.initial_network import initial_network
from ffn.training.loop import Training
from ffn.training.recipe import EARLIER, PAPER, RELEASED
from ffn.training.settings import TrainingSettings

PLAIN = {"schedule": constant(4)}
FLEXIBLE = {"schedule": constant(2, 4), "parts": Parts()}
SEPARATE = {"schedule": constant(2, 4), "parts": Parts(classifier=True, temporal_kernels=True)}


@pytest.fixture(scope="module")
def clips_of(videos):
    dataset = SomethingSomething(videos)
    return lambda settings: [
        ClipDataset(dataset.labelled(split), settings.preparation) for split in ("train", "validation")
    ]


@pytest.fixture(scope="module")
def pretrained(tiny_settings, clips_of, tmp_path_factory):
    """Checkpoints of networks that were trained a little, by their settings' index."""

    def trained(name, settings):
        folder = tmp_path_factory.mktemp(name)
        Training(settings, *clips_of(settings), num_classes=12).run(folder)
        return folder / "last.pt"

    return {
        "tsm": trained("tsm", tiny_settings(epochs=1, **PLAIN)),
        "ffn": trained("ffn", tiny_settings(epochs=1, **SEPARATE)),
    }


@pytest.mark.parametrize(("recipe", "method", "default"), [
    (EARLIER, FLEXIBLE, True), (EARLIER, PLAIN, False), (RELEASED, FLEXIBLE, False), (PAPER, FLEXIBLE, False),
])  # fmt: skip
def test_only_the_earlier_ffn_keeps_torchs_default_classifier(recipe, method, default, tiny_settings):
    classifier = begun(tiny_settings(recipe=recipe, **method)).classifier
    torch.manual_seed(5)
    FAMILIES["tiny"].build()  # what is drawn before the classifier
    expected = torch.nn.Linear(128, 12)
    if not default:
        torch.nn.init.zeros_(expected.bias)
        torch.nn.init.normal_(expected.weight, std=0.001)
    assert torch.equal(classifier.weight, expected.weight)
    assert torch.equal(classifier.bias, expected.bias)


def begun(settings, num_classes=12):
    torch.manual_seed(5)
    return initial_network(settings, num_classes).eval()


BEGINNINGS = [("tsm", PLAIN), ("tsm", FLEXIBLE), ("tsm", SEPARATE), ("ffn", SEPARATE)]


@pytest.mark.parametrize("source, settings", BEGINNINGS)
def test_it_begins_with_the_outputs_of_its_start_at_every_count(source, settings, pretrained, tiny_settings):
    before = model_from_checkpoint(load_checkpoint(pretrained[source])).eval()
    after = begun(tiny_settings(pretrained=str(pretrained[source]), **settings))
    for frames in (2, 3, 4, 8):
        clips = torch.randn(2, frames, 3, 48, 48)
        assert torch.equal(after(clips), before(clips))
    assert all(parameter.requires_grad for parameter in after.parameters())


@pytest.mark.parametrize("source, settings", BEGINNINGS)
def test_for_other_classes_only_the_classifier_is_new(source, settings, pretrained, tiny_settings):
    settings = tiny_settings(pretrained=str(pretrained[source]), **settings)
    same, other = begun(settings).state_dict(), begun(settings, num_classes=5).state_dict()
    new = begun(replace(settings, pretrained=None), num_classes=5).state_dict()
    assert same.keys() == other.keys()
    for name, value in other.items():
        assert torch.equal(value, (new if name.startswith("classifier.") else same)[name]), name


def test_as_many_classes_of_other_names_have_a_new_classifier(pretrained, tiny_settings, tmp_path):
    content = load_checkpoint(pretrained["tsm"])
    names = [f"class {number}" for number in range(12)]
    save_checkpoint(tmp_path / "named.pt", content | {"classes": names})
    settings = tiny_settings(pretrained=str(tmp_path / "named.pt"), **PLAIN)
    for classes, kept in ((names, True), ((), True), (names[::-1], False)):
        network = initial_network(settings, 12, classes)
        assert torch.equal(network.classifier.weight, content["model"]["classifier.weight"]) == kept


@pytest.mark.parametrize(
    "source, settings, named",
    [
        ("ffn", PLAIN, "holds an FFN"),
        ("ffn", FLEXIBLE, "same frame counts and parts"),
        ("ffn", SEPARATE | {"schedule": constant(2, 8)}, "same frame counts and parts"),
        ("tsm", PLAIN | {"backbone": "resnet18"}, "holds a tiny, but backbone is resnet18"),
    ],
)
def test_weights_that_do_not_fit_are_refused_in_one_line(source, settings, named, pretrained, tiny_settings):
    with pytest.raises(ValueError, match=f"^start: .*{named}"):
        begun(tiny_settings(pretrained=str(pretrained[source]), **settings))


@pytest.mark.parametrize(
    ("name", "shift_every", "word"), [("tsn_tiny", 1, "holds a tsn_tiny"), ("tsm_tiny", 2, "shifts in other places")]
)
def test_a_network_that_shifts_elsewhere_is_refused(name, shift_every, word, tiny_settings, tmp_path):
    network = ffn.create_model(name, num_classes=12, shift_every=shift_every)
    facts = {"settings": tiny_settings(**PLAIN).as_dict(), "architecture": network.architecture, "record": {}}
    save_checkpoint(tmp_path / "tsn.pt", {**facts, "model": network.state_dict(), "history": []})
    with pytest.raises(ValueError, match=f"^start: .*{word}"):
        begun(tiny_settings(pretrained=str(tmp_path / "tsn.pt"), **PLAIN))


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(pretrained, tiny_settings, clips_of, tmp_path):
    settings = tiny_settings(pretrained=str(pretrained["tsm"]), **FLEXIBLE)

    def training():
        return Training(settings, *clips_of(settings), num_classes=12)

    def stop(row):
        raise InterruptedError

    whole = training()
    whole.run(tmp_path / "whole")
    with pytest.raises(InterruptedError):
        training().run(tmp_path / "parts", stop)
    resumed = training()
    resumed.run(tmp_path / "parts")
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_settings_written_before_begin_with_no_checkpoint(tiny_settings):
    settings = tiny_settings(**PLAIN)
    values = settings.as_dict()
    del values["pretrained"]
    assert TrainingSettings.from_dict(values) == settings


@pytest.mark.parametrize("other", [{"weights": "imagenet"}, {"start": "other.pt", "parts": Parts()}])
def test_one_beginning_excludes_another(other, tiny_settings):
    with pytest.raises(ValueError, match="pretrained cannot be combined"):
        tiny_settings(pretrained="start.pt", **other)
