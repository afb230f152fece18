import pytest
import torch
import torchvision

import ffn


def parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


def test_parameter_counts_of_the_paper_with_174_classes():
    tsm = ffn.create_model("tsm_resnet50", num_classes=174)
    flexible = ffn.create_model("ffn_resnet50", num_classes=174, frame_counts=(4, 8, 16))
    assert round(parameters(tsm) / 1e6, 2) == 23.86
    assert round((parameters(flexible) - parameters(tsm)) / 1e6, 2) == 0.15


@pytest.mark.parametrize("name", ["tsm_resnet18", "ffn_resnet18", "tsm_tiny", "ffn_tiny"])
def test_any_number_of_frames_gives_logits(name):
    model = ffn.create_model(name, num_classes=5).eval()
    for num_frames in (1, 3, 16):
        assert model(torch.randn(2, num_frames, 3, 32, 32)).shape == (2, 5)


def test_every_depth_shifts_every_block():
    blocks = {"resnet18": 8, "resnet50": 16, "resnet101": 33, "tiny": 4}
    for backbone, number in blocks.items():
        model = ffn.create_model(f"tsm_{backbone}", num_classes=2)
        shifted = [module for module in model.modules() if type(module).__name__ == "FrameConv2d"]
        assert len(shifted) == number


def test_shifting_in_every_second_block_starts_anew_in_each_stage():
    model = ffn.create_model("tsm_resnet101", num_classes=2, shift_every=2)
    shifted = {name for name, module in model.named_modules() if type(module).__name__ == "FrameConv2d"}
    stages = {1: 3, 2: 4, 3: 23, 4: 3}
    assert shifted == {
        f"backbone.layer{stage}.{block}.conv1" for stage, blocks in stages.items() for block in range(0, blocks, 2)
    }


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


def test_architecture_rebuilds_the_network():
    model = ffn.create_model("ffn_tiny", num_classes=4, frame_counts=(8, 2), alteration=False)
    again = ffn.create_model(**model.architecture)
    again.load_state_dict(model.state_dict())
    clips = torch.randn(1, 5, 3, 48, 48)
    assert torch.equal(model.eval()(clips), again.eval()(clips))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"name": "ffn_resnet34"}, "name"),
        ({"name": "tsm_tiny", "weights": "imagenet"}, "weights"),
        ({"name": "tsm_tiny", "shift_every": 0}, "shift_every"),
        ({"name": "ffn_tiny", "frame_counts": ()}, "frame_counts"),
        ({"name": "ffn_tiny", "frame_counts": (4, 4)}, "frame_counts"),
        ({"name": "ffn_tiny", "frame_counts": (0, 4)}, "frame_counts"),
    ],
)
def test_unusable_arguments_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        ffn.create_model(num_classes=3, **arguments)
