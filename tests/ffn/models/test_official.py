"""Released checkpoints, by the names and shapes in released_names.json.gz, against a second writing of their networks.

The files themselves are too large to keep; their parameters are drawn here. The networks are written out over the
stored names, as the released code defines them: nothing below calls a module of ours.
"""

import argparse
import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import ffn

NAMES = json.loads(gzip.decompress(Path(__file__).with_name("released_names.json.gz").read_bytes()))["networks"]
STAGES = {"resnet18": (2, 2, 2, 2), "resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3)}
SERVING_COUNT = {2: 4, 4: 4, 6: 8, 8: 8, 10: 8, 12: 16, 14: 16, 16: 16, 20: 16}  # nearest, ties to the higher


def released_shapes(network):
    """ResNet-101 is ResNet-50 with 17 more of the third stage's last block."""
    if not network.endswith("resnet101"):
        return NAMES[network]
    shapes = NAMES[network.replace("101", "50")]
    blocks = range(STAGES["resnet50"][2], STAGES["resnet101"][2])
    last = {name: shape for name, shape in shapes.items() if ".layer3.5." in name}
    return shapes | {name.replace("3.5.", f"3.{block}."): shape for block in blocks for name, shape in last.items()}


def official_tsm_name(name, every=1):
    """The official TSM repository's spelling of a TSM's parameter."""
    block = re.search(r"layer\d\.(\d+)\.conv1\.weight$", name)
    return name.replace("conv1.", "conv1.net.") if block and int(block[1]) % every == 0 else name


def checkpoint(network, seed=0):
    """A state dict with a released file's names and random values under which activations keep their size."""
    generator = torch.Generator().manual_seed(seed)
    return {name: drawn(name, shape, generator) for name, shape in released_shapes(network).items()}


def drawn(name, shape, generator):
    noise, uniform = torch.randn(shape, generator=generator), torch.rand(shape, generator=generator)
    if name.endswith("num_batches_tracked"):
        return torch.tensor(1234)
    if "adaconv" in name:
        return 0.3 * noise
    if len(shape) == 4:
        return noise * (2 / noise[0].numel()) ** 0.5
    if len(shape) == 2:
        return 0.1 * noise
    if name.endswith(".running_var"):
        return 0.5 + uniform
    return 0.3 + 0.6 * uniform if name.endswith(".weight") else 0.2 * noise


def reference_logits(state, clips, suffix):
    """Logits of the network whose parameters ``state`` names; ``suffix`` is that of the private parts, "" in a TSM."""
    state = {name.removeprefix("module."): value for name, value in state.items()}
    base = "base_model"
    x = F.conv2d(clips.flatten(0, 1), state[f"{base}.conv1.weight"], stride=2, padding=3)
    x = F.max_pool2d(batch_norm(state, f"{base}.bn1{suffix}", x).relu(), 3, stride=2, padding=1)
    blocks = sorted({tuple(map(int, match)) for name in state for match in re.findall(r"layer(\d)\.(\d+)\.", name)})
    for stage, block in blocks:
        stride = 2 if block == 0 and stage > 1 else 1
        x = residual_block(state, f"{base}.layer{stage}.{block}", x, clips.shape[1], suffix, stride)
    frame_logits = F.linear(x.mean((2, 3)), state["new_fc.weight"], state["new_fc.bias"])
    return frame_logits.unflatten(0, clips.shape[:2]).mean(1)


def residual_block(state, name, x, num_frames, suffix, stride):
    bottleneck, official = f"{name}.conv3.weight" in state, any(".net." in key for key in state)
    wrapped = f"{name}.conv1.net.weight" in state
    y = shift(x, num_frames) if wrapped or not official else x
    if suffix:
        y = y + F.conv2d(y, state[f"{name}.adaconv{suffix}.weight"], groups=y.shape[1])
    first = state[f"{name}.conv1.net.weight" if wrapped else f"{name}.conv1.weight"]
    y = F.conv2d(y, first, stride=1 if bottleneck else stride, padding=first.shape[-1] // 2)
    y = batch_norm(state, f"{name}.bn1{suffix}", y).relu()
    y = F.conv2d(y, state[f"{name}.conv2.weight"], stride=stride if bottleneck else 1, padding=1)
    y = batch_norm(state, f"{name}.bn2{suffix}", y)
    if bottleneck:
        y = batch_norm(state, f"{name}.bn3{suffix}", F.conv2d(y.relu(), state[f"{name}.conv3.weight"]))
    conv, bn = ("downsample_conv", f"downsample_bn{suffix}") if suffix else ("downsample.0", "downsample.1")
    if f"{name}.{conv}.weight" in state:
        x = batch_norm(state, f"{name}.{bn}", F.conv2d(x, state[f"{name}.{conv}.weight"], stride=stride))
    return (x + y).relu()


def batch_norm(state, name, x):
    mean, var, weight, bias = (state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    return F.batch_norm(x, mean, var, weight, bias)


def shift(x, num_frames):
    clips, fold = x.unflatten(0, (-1, num_frames)), x.shape[1] // 8
    none = torch.zeros_like(clips[:, :1])
    following, previous = torch.cat([clips[:, 1:], none], 1), torch.cat([none, clips[:, :-1]], 1)
    parts = following[:, :, :fold], previous[:, :, fold : 2 * fold], clips[:, :, 2 * fold :]
    return torch.cat(parts, 2).flatten(0, 1)


def assert_same_logits(model, state, *, pixels=32, frames=SERVING_COUNT, clips=1):
    model.eval()
    for num_frames in frames:
        inputs = torch.randn(clips, num_frames, 3, pixels, pixels, generator=torch.Generator().manual_seed(num_frames))
        suffix = f"_{SERVING_COUNT[num_frames]}" if model.context.frame_counts else ""
        with torch.inference_mode():
            expected, logits = reference_logits(state, inputs, suffix), model(inputs)
        assert 0.1 < expected.abs().max() < 1e3
        assert (logits - expected).abs().max() <= 1e-4 * expected.abs().max(), num_frames


def assert_unchanged_by(failing, model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    failing()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def refused(state, model):
    """The line with which ``state`` is refused; the model stays as it was."""
    lines = []

    def load():
        with pytest.raises(ValueError) as caught:
            ffn.load_official(state, model)
        lines.append(str(caught.value))

    assert_unchanged_by(load, model)
    assert "\n" not in lines[0]
    return lines[0]


@pytest.mark.parametrize("backbone", STAGES)
@pytest.mark.parametrize("kind", ["tsm", "ffn"])
def test_logits_agree_with_the_released_networks(kind, backbone):
    state, model = checkpoint(f"{kind}_{backbone}"), ffn.create_model(f"{kind}_{backbone}", num_classes=174)
    ffn.load_official(state, model)
    assert_same_logits(model, state)


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


@pytest.mark.parametrize("network", ["tsm_resnet18", "ffn_resnet18"])
def test_a_checkpoint_that_does_not_fit_is_refused_by_its_own_names(network):
    model = ffn.create_model(network, num_classes=174)
    state = checkpoint(network)
    names = sorted({name: None for name in state if "num_batches" not in name}, key=len)
    names = [names[0], names[-1], "module.new_fc.bias", "module.base_model.layer2.0.conv1.weight"]
    for name in names:
        without = {key: value for key, value in state.items() if key != name}
        assert f"1 missing: {name}" in refused(without, model)
        assert f"1 of the wrong shape: {name}" in refused(state | {name: state[name][:-1]}, model)
    assert "1 left over: module.base_model.nl.weight" in refused(
        state | {"module.base_model.nl.weight": 0 * model.classifier.bias}, model
    )  # noqa: E501
    counter = next(name for name in state if "num_batches" in name)
    assert f"1 missing: {counter}" in refused({key: value for key, value in state.items() if key != counter}, model)


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
        ("tsm_resnet18", "tsm_tiny", {}, "base_model.blocks.0.conv1.weight"),
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


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before PyTorch 1.6"])
def test_learning_rates_of_old_numpy_do_not_keep_a_file_shut(tmp_path, zipped):
    """Both repositories multiply the learning rate by a numpy float and save the optimizer's state."""
    state = {"state_dict": checkpoint("tsm_resnet18"), "optimizer": {"param_groups": [{"lr": np.float64(1e-4)}]}}
    path = tmp_path / "ckpt.best.pth.tar"
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    if not zipped:
        path.write_bytes(path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    model = ffn.create_model("tsm_resnet18", num_classes=174)
    ffn.load_official(path, model)
    assert torch.equal(model.classifier.bias, state["state_dict"]["module.new_fc.bias"])


class Explosive:
    def __reduce__(self):
        return exec, ("raise SystemExit('code ran')",)


@pytest.mark.parametrize(
    ("stranger", "named"), [(Explosive(), "exec"), (argparse.Namespace(lr=0.01), "argparse.Namespace")]
)
def test_a_file_with_other_objects_is_not_opened(tmp_path, stranger, named):
    torch.save({"state_dict": {}, "args": stranger}, tmp_path / "released.pth")
    line = refused(tmp_path / "released.pth", ffn.create_model("tsm_tiny", num_classes=3))
    assert "released.pth" in line
    assert named in line


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_named(tmp_path, keep, zipped):
    path = tmp_path / "released.pth"
    torch.save({"state_dict": {"module.a": torch.randn(1000)}}, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    assert "released.pth" in refused(path, ffn.create_model("tsm_tiny", num_classes=3))


def test_files_of_other_kinds_are_named(tmp_path):
    model = ffn.create_model("tsm_tiny", num_classes=3)
    (tmp_path / "text.pth").write_text("hello world")
    assert "text.pth" in refused(tmp_path / "text.pth", model)
    torch.save([1, 2], tmp_path / "list.pth")
    assert "list.pth" in refused(tmp_path / "list.pth", model)
    torch.save({"epoch": 3}, tmp_path / "epoch.pth")
    assert "epoch.pth is no state dict" in refused(tmp_path / "epoch.pth", model)
    with pytest.raises(FileNotFoundError, match="none.pth"):
        ffn.load_official(tmp_path / "none.pth", model)
