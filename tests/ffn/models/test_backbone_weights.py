"""Initial weights from files: placed by names or by order, with a line that says which, or refused in a line."""

import logging

import pytest
import torch
import torchvision

import ffn


def test_start_weights_reach_every_branch(tmp_path):
    source = torchvision.models.resnet18()
    for module in source.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean)
    torch.save(source.state_dict(), tmp_path / "resnet18.pt")
    model = ffn.create_model("ffn_resnet18", num_classes=3, frame_counts=(2, 6), weights=tmp_path / "resnet18.pt")
    state = model.state_dict()
    for count in ("2", "6"):
        assert torch.equal(state[f"backbone.bn1.{count}.running_mean"], source.bn1.running_mean)
    assert torch.equal(state["backbone.layer4.1.conv2.weight"], source.layer4[1].conv2.weight)


def start_weights(backbone="resnet18"):
    return getattr(torchvision.models, backbone)().state_dict()


def weights_refused(path):
    with pytest.raises(ValueError) as caught:
        ffn.create_model("tsm_resnet18", num_classes=3, weights=path)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    return str(caught.value)


def test_start_weights_of_before_batch_counters(tmp_path):
    """torchvision's first files lack num_batches_tracked."""
    source = start_weights()
    old = {name: value for name, value in source.items() if "num_batches" not in name}
    torch.save(old, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    model = ffn.create_model("ffn_resnet18", num_classes=3, frame_counts=(4,), weights=tmp_path / "old.pth")
    assert torch.equal(model.backbone.layer4[1].conv2.weight, source["layer4.1.conv2.weight"])
    assert model.backbone.bn1["4"].num_batches_tracked == 0


def test_start_weights_of_another_depth_are_named(tmp_path):
    torch.save(start_weights("resnet34"), tmp_path / "resnet34.pth")
    assert "left over: layer1.2.conv1.weight" in weights_refused(tmp_path / "resnet34.pth")


def test_start_weights_that_are_no_state_dict_are_named(tmp_path):
    path = tmp_path / "weights.pth"
    for content in ([1, 2], {"epoch": 1, "state_dict": {}}):
        torch.save(content, path)
        assert "not a state dict" in weights_refused(path)
    path.write_text("no weights")
    weights_refused(path)
    with pytest.raises(FileNotFoundError, match="none.pth"):
        ffn.create_model("tsm_resnet18", num_classes=3, weights=tmp_path / "none.pth")


def test_imagenet_weights_out_of_reach_are_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ValueError, match="weights: .*pass a local copy"):
        ffn.create_model("tsm_resnet18", num_classes=3, weights="imagenet")


@pytest.fixture(scope="module")
def mobilenet():
    """torchvision's network with statistics of its own, as training leaves them."""
    network = torchvision.models.mobilenet_v2()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    return network.state_dict()


def renamed(state):
    """Names as of one who counts layers, without torchvision's containers."""
    return {f"layer{number}.{name.rpartition('.')[2]}": value for number, (name, value) in enumerate(state.items())}


def without_head(state):
    return {name: value for name, value in state.items() if not name.startswith("classifier.")}


def without_counters(state):
    return {name: value for name, value in state.items() if "num_batches" not in name}


def backwards(state):
    return dict(reversed(state.items()))


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (backwards, "by the names of its 314 tensors"),
        (lambda state: backwards(without_head(state)), "by the names of its 312 tensors"),
        (renamed, "by the order and shapes of its 314 tensors"),
        (lambda state: renamed(without_head(state)), "by the order and shapes of its 312 tensors"),
        (lambda state: renamed(without_counters(without_head(state))), "by the order and shapes of its 260 tensors"),
    ],
)
def test_tensors_are_placed_by_names_or_by_order_and_one_line_says_which(kept, said, mobilenet, tmp_path, caplog):
    torch.save(kept(mobilenet), tmp_path / "weights.pt")
    with caplog.at_level(logging.INFO):
        model = ffn.create_model("ffn_mobilenet_v2", 3, (4, 8), weights=tmp_path / "weights.pt", alteration=False)
    (record,) = caplog.records
    assert f"weights.pt: placed {said}" in record.getMessage()
    assert (record.levelname == "WARNING") == ("order" in said)
    private = model.backbone.state_dict()
    for name, value in without_counters(without_head(mobilenet)).items():
        layer, _, part = name.rpartition(".")
        copies = [private[name]] if name in private else [private[f"{layer}.{count}.{part}"] for count in (4, 8)]
        assert all(torch.equal(copy, value) for copy in copies), name


def swapped(state, first, second):
    names = list(state)
    names[first], names[second] = names[second], names[first]
    return {name: state[name] for name in names}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda state: renamed(swapped(state, 1, 2)),  # a BatchNorm's weight and bias, of one shape
        lambda state: renamed(swapped(state, 0, 6)),
        lambda state: renamed(dict(list(state.items())[:-1])),
        lambda state: renamed(state) | {"more.weight": torch.zeros(3)},
        lambda state: state | {"features.1.conv.0.0.weight": torch.zeros(3)},
        lambda state: without_head(state) | {"more.weight": torch.zeros(3)},
        lambda _: renamed(torchvision.models.mobilenet_v2(width_mult=0.5).state_dict()),
    ],
)
def test_a_file_that_fits_neither_by_names_nor_by_order_is_refused(wrong, mobilenet, tmp_path, caplog):
    torch.save(wrong(mobilenet), tmp_path / "weights.pt")
    with pytest.raises(ValueError, match=r"weights.pt does not fit the model: [^\n]*$"):
        ffn.create_model("tsm_mobilenet_v2", num_classes=3, weights=tmp_path / "weights.pt")
    assert not caplog.records
