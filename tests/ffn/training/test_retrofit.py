from dataclasses import replace

import pytest
import torch

import ffn
from ffn.data.clips import ClipDataset
from ffn.data.layouts.something_something import SomethingSomething
from ffn.models.normalisation import normalisation_layers
from ffn.models.parts import DEFAULT_RETROFIT, PART_NAMES, Parts
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint, save_checkpoint
from ffn.training.frame_schedule import constant, proportional
from ffn.training.initial_network import initial_network
from ffn.training.loop import Training
from ffn.training.retrofit import train_mode
from tests.ffn.models.released_networks import checkpoint as released_checkpoint
from tests.ffn.models.released_networks import earlier_checkpoint, official_tsm_name


@pytest.fixture(scope="module")
def source(tiny_settings, videos, tmp_path_factory):
    """The checkpoint of a TSM that was trained a little at 8 frames."""
    settings = tiny_settings(schedule=constant(8), dropout=0.0)
    folder = tmp_path_factory.mktemp("source")
    splits = [
        ClipDataset(SomethingSomething(videos).labelled(split), settings.preparation)
        for split in ("train", "validation")
    ]
    Training(settings, *splits, num_classes=12).run(folder)
    return folder / "last.pt"


@pytest.fixture
def retrofit(source, tiny_settings, clips):
    def training(**changes):
        settings = tiny_settings(start=str(source), **({"schedule": constant(2, 4), "parts": Parts()} | changes))
        return Training(settings, clips("train", settings), clips("validation", settings), num_classes=12)

    return training


def trained(run, folder):
    run.run(folder)
    return model_from_checkpoint(load_checkpoint(folder / "last.pt"))


@pytest.mark.parametrize("parts", [*((part,) for part in PART_NAMES), DEFAULT_RETROFIT, tuple(PART_NAMES)])
def test_its_own_count_keeps_its_outputs_bit_for_bit_and_the_others_learn(parts, source, retrofit, tmp_path):
    before = model_from_checkpoint(load_checkpoint(source))
    after = trained(retrofit(parts=Parts.named(parts)), tmp_path)
    assert after.context.frame_counts == (2, 4, 8)
    for frames in (6, 7, 8, 9, 16):  # where the nearest count is 8
        clips = torch.randn(2, frames, 3, 48, 48)
        assert torch.equal(after(clips), before(clips))
    for frames in (2, 4):
        clips = torch.randn(2, frames, 3, 48, 48)
        assert not torch.equal(after(clips), before(clips))


def test_shared_parameters_and_statistics_stay_as_they_were(source, retrofit, tmp_path):
    before = model_from_checkpoint(load_checkpoint(source)).state_dict()
    after = trained(retrofit(parts=Parts.named(("kernels", "classifier"))), tmp_path).state_dict()
    shared = [name for name in after if name in before]
    assert any("running_mean" in name for name in shared)
    assert all(torch.equal(after[name], before[name]) for name in shared)


def test_a_frozen_norm_without_parameters_keeps_its_statistics(tiny_settings):
    """It cannot be told from a trained one by what requires gradients."""
    bare = torch.nn.Sequential(torch.nn.BatchNorm3d(4, affine=False))
    shared = ffn.frame_flexible(bare, (4, 8), normalisation=False, alteration=False)
    private = ffn.frame_flexible(bare, (4, 8), alteration=False)
    settings = tiny_settings(start="tsm.pt", schedule=constant(4), parts=Parts())
    for network, trained_layers in ((shared, 0), (private, 1)):
        train_mode(network, settings)
        assert sum(layer.training for layer in normalisation_layers(network)) == trained_layers
    train_mode(shared, replace(settings, start=None))
    assert all(layer.training for layer in normalisation_layers(shared))


@pytest.mark.parametrize("averaging", [0.0, 0.9])
def test_a_resumed_retrofit_equals_an_uninterrupted_one_bit_for_bit(averaging, retrofit, tmp_path):
    settings = {"averaging": averaging, "parts": Parts.named(DEFAULT_RETROFIT)}

    def stop(row):
        raise InterruptedError

    whole = trained(retrofit(**settings), tmp_path / "whole")
    with pytest.raises(InterruptedError):
        retrofit(**settings).run(tmp_path / "parts", stop)
    resumed = trained(retrofit(**settings), tmp_path / "parts")
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def official_checkpoint(network):
    return {official_tsm_name(name, 1): value for name, value in released_checkpoint(network).items()}


@pytest.mark.parametrize("content", [released_checkpoint, official_checkpoint, earlier_checkpoint])
def test_checkpoints_of_other_projects_are_retrofitted_at_16_frames(content, tiny_settings, clips, tmp_path):
    path = tmp_path / "ckpt.best.pth.tar"
    torch.save(content("tsm_resnet18"), path)
    settings = tiny_settings(
        backbone="resnet18", start=str(path), schedule=constant(4), epochs=1,
        parts=Parts.named(("bn", "kernels")),
    )  # fmt: skip
    run = Training(settings, clips("train", settings), clips("validation", settings), num_classes=174)
    before = ffn.create_model("tsm_resnet18", num_classes=174)
    ffn.load_official(path, before)
    inputs = torch.randn(1, 16, 3, 48, 48)
    assert run.model.context.frame_counts == (4, 16)
    assert torch.equal(run.model.eval()(inputs), before.eval()(inputs))


def test_a_retrofit_adds_few_parameters(source, retrofit):
    before = sum(value.numel() for value in model_from_checkpoint(load_checkpoint(source)).parameters())
    run = retrofit(schedule=constant(4), parts=Parts.named(DEFAULT_RETROFIT))
    added = sum(parameter.numel() for parameter in run.model.parameters() if parameter.requires_grad)
    assert 0 < added < 0.02 * before


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"schedule": constant(4, 8)}, "schedule"),
        ({"backbone": "resnet18"}, "backbone"),
        ({"start": "nowhere.pt"}, "nowhere.pt"),
        ({"start_frames": 6}, r"start_frames \(--trained-at\) must be one of \(8,\)"),
    ],
)
def test_what_does_not_fit_the_checkpoint_is_named(changes, named, retrofit):
    with pytest.raises((ValueError, FileNotFoundError), match=named):
        retrofit_with(retrofit, changes)


def retrofit_with(retrofit, changes):
    if "start" not in changes:
        return retrofit(**changes)
    run = retrofit()
    settings = replace(run.settings, **changes)
    return Training(settings, run.train_set, run.validation_set, num_classes=12)


def test_as_many_classes_in_another_order_are_refused(source, tiny_settings, clips, tmp_path):
    names = [f"class {number}" for number in range(12)]
    save_checkpoint(tmp_path / "named.pt", load_checkpoint(source) | {"classes": names})
    settings = tiny_settings(start=str(tmp_path / "named.pt"), schedule=constant(2, 4), parts=Parts())
    initial_network(settings, 12, names)
    with pytest.raises(ValueError, match="named.pt was trained with 'class 0' as class 0, the data has 'class 11'"):
        initial_network(settings, 12, names[::-1])


def test_an_ffn_and_a_network_of_several_counts_are_refused(retrofit, tiny_settings, clips, tmp_path):
    several = proportional(8, 6, probability=0.5)
    for changes, named in (({"parts": Parts()}, "FFN"), ({"schedule": several}, "start_frames")):
        settings = tiny_settings(**({"schedule": constant(8, 6)} | changes))
        run = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12)
        save_checkpoint(tmp_path / "other.pt", run.checkpoint())
        with pytest.raises(ValueError, match=named):
            retrofit_with(retrofit, {"start": str(tmp_path / "other.pt")})
