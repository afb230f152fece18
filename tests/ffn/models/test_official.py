"""Released checkpoints, loaded into our networks and compared with the released networks."""

import re

import numpy as np
import pytest
import torch
import torchvision

import ffn
from ffn.models.official import official_architecture
from ffn.training.opened_checkpoint import open_checkpoint
from tests.ffn.models.released_networks import (
    NAMES,
    checkpoint,
    earlier_checkpoint,
    earlier_name,
    earlier_tsm_name,
    official_tsm_name,
    reference_logits,
    released_shapes,
)

SERVING_COUNT = {2: 4, 4: 4, 6: 8, 8: 8, 10: 8, 12: 16, 14: 16, 16: 16, 20: 16}  # nearest, ties to the higher


def assert_same_logits(model, state, *, frames, pixels=32, clips=1):
    model.eval()
    for num_frames in frames:
        inputs = torch.randn(clips, num_frames, 3, pixels, pixels, generator=torch.Generator().manual_seed(num_frames))
        suffix = f"_{SERVING_COUNT[num_frames]}" if model.context.frame_counts else ""
        with torch.inference_mode():
            expected, logits = reference_logits(state, inputs, suffix), model(inputs)
        assert 0.1 < expected.abs().max() < 1e3
        assert (logits - expected).abs().max() <= 1e-4 * expected.abs().max(), num_frames


def refused(source, model):
    """The one line with which ``source`` is refused; the model stays as it was."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ValueError) as caught:
        ffn.load_official(source, model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("backbone", "frames"), [("resnet18", SERVING_COUNT), ("resnet50", (4, 6, 16)), ("resnet101", (6, 16))]
)
@pytest.mark.parametrize("kind", ["tsm", "ffn"])
def test_logits_agree_with_the_released_networks(kind, backbone, frames):
    state, model = checkpoint(f"{kind}_{backbone}"), ffn.create_model(f"{kind}_{backbone}", num_classes=174)
    ffn.load_official(state, model)
    assert_same_logits(model, state, frames=frames)


def test_logits_agree_for_several_clips_of_64_pixels():
    state, model = checkpoint("ffn_resnet18"), ffn.create_model("ffn_resnet18", num_classes=174)
    ffn.load_official(state, model)
    assert_same_logits(model, state, pixels=64, clips=2, frames=(6, 12))


@pytest.mark.parametrize(("backbone", "every"), [("resnet18", 1), ("resnet50", 1), ("resnet101", 2)])
def test_logits_agree_with_the_official_tsm_repository(backbone, every):
    state = {official_tsm_name(name, every): value for name, value in checkpoint(f"tsm_{backbone}").items()}
    model = ffn.create_model(f"tsm_{backbone}", num_classes=174, shift_every=every)
    ffn.load_official(state, model)
    assert_same_logits(model, state, frames=(4, 8, 16))
    again = ffn.create_model(**model.architecture)
    again.load_state_dict(model.state_dict())
    assert_same_logits(again, state, frames=(8,))


@pytest.mark.parametrize(("kind", "spelled"), [("tsm", earlier_tsm_name), ("ffn", earlier_name)])
def test_the_earlier_reproductions_names_are_these(kind, spelled):
    names = {spelled(name): shape for name, shape in released_shapes(f"{kind}_resnet50").items()}
    assert names == NAMES[f"earlier_{kind}_resnet50"]


@pytest.mark.parametrize("network", ["tsm_resnet18", "ffn_resnet18"])
def test_a_file_of_the_earlier_reproduction_gives_its_logits(network, tmp_path):
    content = earlier_checkpoint(network)
    torch.save(content, tmp_path / "best.pth")
    model = ffn.create_model(**official_architecture(tmp_path / "best.pth"))
    assert model.architecture["name"] == network
    ffn.load_official(tmp_path / "best.pth", model)
    assert_same_logits(model, content["model_state_dict"], frames=(4, 6, 16))


@pytest.mark.parametrize("network", ["tsm_resnet18", "ffn_resnet18"])
def test_every_value_is_placed_once(network):
    """Every tensor of the model holds the number of one of the file's, and every one of those is held."""
    shapes = released_shapes(network)
    state = {name: torch.full(shape, float(number)) for number, (name, shape) in enumerate(shapes.items())}
    model = ffn.create_model(network, num_classes=174)
    ffn.load_official(state, model)
    held = [value.unique().tolist() for value in model.state_dict().values()]
    assert sorted(held) == [[number] for number in range(len(shapes))]


@pytest.mark.parametrize("network", ["tsm_resnet18", "ffn_resnet18"])
def test_prefix_and_surrounding_checkpoint_make_no_difference(network, tmp_path):
    state = checkpoint(network)
    plain = {name.removeprefix("module."): value for name, value in state.items()}
    torch.save({"epoch": 50, "arch": "resnet18", "state_dict": state, "best_prec1": 63.61}, tmp_path / "best.pth.tar")
    models = [ffn.create_model(network, num_classes=174) for _ in range(3)]
    for source, model in zip((state, plain, tmp_path / "best.pth.tar"), models):
        ffn.load_official(source, model)
    for name, value in models[0].state_dict().items():
        assert torch.equal(models[1].state_dict()[name], value)
        assert torch.equal(models[2].state_dict()[name], value)


def test_the_classifier_of_networks_without_dropout():
    state = {name.replace("new_fc", "base_model.fc"): value for name, value in checkpoint("tsm_resnet18").items()}
    model = ffn.create_model("tsm_resnet18", num_classes=174)
    ffn.load_official(state, model)
    assert torch.equal(model.classifier.weight, state["module.base_model.fc.weight"])


def test_suffixes_go_to_the_models_counts_by_rank():
    state, model = checkpoint("ffn_resnet18"), ffn.create_model("ffn_resnet18", 174, frame_counts=(4, 10, 24))
    ffn.load_official(state, model)
    for suffix, count in (("4", "4"), ("8", "10"), ("16", "24")):
        ours = model.state_dict()[f"backbone.layer2.0.downsample.1.{count}.running_mean"]
        assert torch.equal(ours, state[f"module.base_model.layer2.0.downsample_bn_{suffix}.running_mean"])


def test_counters_that_old_files_lack_start_at_zero():
    state = {name: value for name, value in checkpoint("tsm_resnet18").items() if "num_batches" not in name}
    model = ffn.create_model("tsm_resnet18", num_classes=174)
    model.backbone.bn1.num_batches_tracked += 5
    ffn.load_official(state, model)
    assert model.backbone.bn1.num_batches_tracked == 0
    assert_same_logits(model, state, frames=(4,))


@pytest.mark.parametrize(
    ("network", "private"),
    [("tsm_resnet18", "layer2.0.downsample.1.bias"), ("ffn_resnet18", "layer3.1.adaconv_8.weight")],
)
def test_a_checkpoint_that_does_not_fit_is_refused_by_its_own_names(network, private):
    state, model = checkpoint(network), ffn.create_model(network, num_classes=174)
    for name in (f"module.base_model.{private}", "module.base_model.layer2.0.conv1.weight", "module.new_fc.bias"):
        without = {other: value for other, value in state.items() if other != name}
        assert f"1 missing: {name}" in refused(without, model)
        assert f"1 of the wrong shape: {name}" in refused(state | {name: state[name][:-1]}, model)
        assert f"1 left over: {name}.more" in refused(state | {f"{name}.more": state[name]}, model)


def test_much_that_does_not_fit_is_counted_and_not_listed():
    line = refused(checkpoint("tsm_resnet50"), ffn.create_model("tsm_resnet18", num_classes=174))
    assert "198 left over" in line
    assert len(line) < 600


@pytest.mark.parametrize(
    ("source", "model", "arguments", "mend"),
    [
        ("ffn_resnet18", "tsm_resnet18", {}, r"4, 8, 16.*ffn_\*"),
        ("tsm_resnet18", "ffn_resnet18", {}, "frame_flexible"),
        ("ffn_resnet18", "ffn_resnet18", {"frame_counts": (4, 16)}, "frame_counts"),
        ("ffn_resnet18", "ffn_resnet18", {"normalisation": False}, "left over: .*bn1_4"),
        ("ffn_resnet18", "ffn_resnet18", {"alteration": False}, "left over: .*adaconv_4"),
        ("tsm_resnet18", "tsm_resnet18", {"num_classes": 5}, r"new_fc.weight \(174, 512\) instead of \(5, 512\)"),
        ("tsm_resnet18", "tsm_tiny", {}, "ResNets, the model is a tiny"),
    ],
)
def test_another_kind_of_network_is_refused(source, model, arguments, mend):
    network = ffn.create_model(model, **{"num_classes": 174, **arguments})
    assert re.search(mend, refused(checkpoint(source), network))


@pytest.mark.parametrize("every", [1, 2])
def test_a_resnet101_that_shifts_elsewhere_is_refused(every):
    state = {official_tsm_name(name, every): value for name, value in checkpoint("tsm_resnet101").items()}
    model = ffn.create_model("tsm_resnet101", num_classes=174, shift_every=3 - every)
    assert f"shift_every={every}" in refused(state, model)


def test_a_file_as_the_released_code_writes_it(tmp_path):
    """Both repositories save the optimizer too, whose learning rate they have multiplied by one of numpy's floats."""
    state = checkpoint("tsm_resnet18")
    optimizer = {"param_groups": [{"lr": np.float64(1e-4), "momentum": 0.9}]}
    path = tmp_path / "ckpt.best.pth.tar"
    torch.save({"epoch": 50, "arch": "resnet18", "state_dict": state, "optimizer": optimizer}, path)
    model = ffn.create_model("tsm_resnet18", num_classes=174)
    ffn.load_official(path, model)
    assert torch.equal(model.classifier.bias, state["module.new_fc.bias"])


def test_files_that_hold_no_checkpoint_are_named(tmp_path):
    model = ffn.create_model("tsm_resnet18", num_classes=3)
    for content in ([1, 2], {"epoch": 3}, {"model_state_dict": "lost"}, {"state_dict": {1: torch.ones(1)}}):
        torch.save(content, tmp_path / "released.pth")
        assert "released.pth is no" in refused(tmp_path / "released.pth", model)
    (tmp_path / "released.pth").write_bytes(b"")
    assert "released.pth" in refused(tmp_path / "released.pth", model)
    with pytest.raises(FileNotFoundError, match="none.pth"):
        ffn.load_official(tmp_path / "none.pth", model)


@pytest.mark.parametrize("network", ["tsm_resnet18", "tsm_resnet50", "tsm_resnet101", "ffn_resnet18", "ffn_resnet50"])
def test_the_names_tell_the_architecture(network):
    state = checkpoint(network)
    architecture = official_architecture(state)
    assert architecture["name"] == network
    assert architecture["num_classes"] == 174
    ffn.load_official(state, ffn.create_model(**architecture))


@pytest.mark.parametrize(
    "state",
    [
        {"module.base_model.layer3.3.conv1.weight": torch.zeros(1)},
        {"model_state_dict": torchvision.models.resnet18().state_dict()},
    ],
)
def test_an_architecture_that_nobody_saved_is_refused_by_its_file(state, tmp_path):
    torch.save(state, tmp_path / "other.pt")
    with pytest.raises(ValueError, match=r"other.pt is neither .* ResNet-18, 50 or 101; of a plain state dict"):
        open_checkpoint(tmp_path / "other.pt")


@pytest.mark.parametrize(
    ("network", "name"), [("tsm_resnet18", "backbone.layer2.0.conv1.net.weight"), ("ffn_resnet18", "backbone.fc.bias")]
)
def test_a_file_of_the_earlier_reproduction_that_does_not_fit_is_refused_by_its_own_names(network, name):
    content, model = earlier_checkpoint(network), ffn.create_model(network, num_classes=174)
    del content["model_state_dict"][name]
    assert f"1 missing: {name}" in refused(content, model)
