"""Every family, and one that is defined here, goes through conversion, folding, export and cost."""

import pytest
import torch
from torch import nn
from torchvision.models import mobilenet_v2

import ffn
from ffn.evaluation.cost import multiply_adds
from ffn.models.families import FAMILIES
from ffn.models.families.family import Family
from ffn.models.frame_flexible import private_parameters
from ffn.models.parts import Parts
from ffn.models.temporal_shift import FrameConv2d
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training

SIZE = 32


class Separable(nn.Module):
    """A network with a depth-wise convolution, dilation, other names, and a normalisation before a convolution."""

    def __init__(self, groups: int = 1) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, stride=4), nn.BatchNorm2d(16), nn.ReLU())
        self.before = nn.BatchNorm2d(16)
        self.mix = nn.Conv2d(16, 16, 3, padding=2, dilation=2, padding_mode="reflect", groups=groups)
        self.after = nn.BatchNorm2d(16)
        self.depth_wise = nn.Conv2d(16, 16, 3, groups=16)
        self.last = nn.BatchNorm2d(16)
        self.top = nn.Sequential(nn.Flatten(), nn.Dropout(0.1), nn.Linear(16, 10))

    def forward(self, x):
        x = self.stem(x)
        x = x + self.after(self.mix(self.before(x))).relu()
        return self.top(self.last(self.depth_wise(x)).mean((2, 3)))


def named_mix(network, shift_every):
    return ["mix"]


@pytest.fixture(params=["tiny", "resnet18", "mobilenet_v2", "separable"])
def name(request, monkeypatch):
    separable = Family(name="separable", build=Separable, head="top", shifting=named_mix)
    monkeypatch.setitem(FAMILIES, "separable", separable)
    return request.param


def moved(model):
    """The network in double precision with statistics, scales and parameters that differ between layers and counts."""
    model = model.double().train()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter) * parameter.std().nan_to_num(1))
        for count in (2, 4):
            model(torch.randn(2, count, 3, SIZE, SIZE, dtype=torch.float64) * count)
    return model.eval()


def clips(count):
    return torch.randn(2, count, 3, SIZE, SIZE, dtype=torch.float64)


@pytest.mark.parametrize("kind", ["tsm", "tsn"])
def test_conversion_without_scales_leaves_the_outputs(kind, name):
    model = moved(ffn.create_model(f"{kind}_{name}", num_classes=5))
    for parts in (Parts(), Parts(temporal_kernels=True, classifier=True)):
        flexible = ffn.frame_flexible(model, (2, 4), alteration_std=0.0, **parts.as_dict()).eval()
        for count in (1, 2, 3):
            inputs = clips(count)
            assert model(inputs).shape == (2, 5)
            torch.testing.assert_close(flexible(inputs), model(inputs), rtol=1e-9, atol=1e-9)


def test_folding_keeps_the_logits_and_only_normalisation_before_convolutions(name):
    model = moved(ffn.create_model(f"ffn_{name}", num_classes=5, frame_counts=(2, 4), alteration_std=0.3))
    network, inputs = ffn.sub_network(model, 4), clips(4)
    torch.testing.assert_close(network(inputs), model(inputs), rtol=1e-6, atol=1e-6)
    left = [layer for layer, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)]
    assert left == (["backbone.before"] if name == "separable" else [])
    assert multiply_adds(network, 4, SIZE) <= multiply_adds(model, 4, SIZE)


@pytest.mark.parametrize("name", ["tiny", "mobilenet_v2", "separable"], indirect=True)
def test_an_export_answers_as_the_network(name, tmp_path):
    model = ffn.create_model(f"ffn_{name}", num_classes=5, frame_counts=(2, 4)).eval()
    ffn.export_sub_network(model, 2, size=SIZE, path=tmp_path / "two.pt2")
    inputs = clips(2).float()
    exported = torch.export.load(tmp_path / "two.pt2").module()
    torch.testing.assert_close(exported(inputs), model(inputs), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["tiny", "mobilenet_v2", "separable"], indirect=True)
def test_a_network_is_rebuilt_from_its_architecture(name):
    for kind in ("tsm", "tsn"):
        plain = ffn.create_model(f"{kind}_{name}", num_classes=3)
        for model in (plain, ffn.frame_flexible(plain, (2, 4), classifier=True)):
            again = ffn.create_model(**model.architecture)
            again.load_state_dict(model.state_dict())
            assert again.architecture == model.architecture
            inputs = clips(3).float()
            assert torch.equal(again.eval()(inputs), model.eval()(inputs))


def test_without_shift_frames_do_not_meet_and_scales_are_where_the_shift_would_be(name):
    model = moved(ffn.create_model(f"tsn_{name}", num_classes=3))
    inputs = clips(3)
    torch.testing.assert_close(model(inputs), model(inputs.flip(1)), rtol=1e-9, atol=1e-9)
    altered = [
        {layer.rpartition(".alteration")[0] for layer, _ in network.named_parameters() if ".alteration" in layer}
        for network in (ffn.create_model(f"ffn_{name}", num_classes=3), ffn.frame_flexible(model, (2, 4)))
    ]
    assert altered[0] == altered[1] != set()


def number(parameters):
    return sum(parameter.numel() for parameter in parameters)


def test_mobilenet_has_torchvisions_parameters_and_cost_and_what_each_count_adds():
    image = mobilenet_v2(num_classes=7)
    tsm = ffn.create_model("tsm_mobilenet_v2", num_classes=7)
    assert number(tsm.parameters()) == number(image.parameters())
    frames = nn.Sequential(nn.Flatten(0, 1), image)
    assert multiply_adds(tsm, 3, SIZE) == multiply_adds(frames, 3, SIZE)
    flexible = ffn.create_model("ffn_mobilenet_v2", num_classes=7, frame_counts=(2, 4))
    own, scales = number(private_parameters(flexible, 2)), sum(SHIFTED)
    norms = number(p for m in image.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters())
    assert own == norms + scales
    assert number(flexible.parameters()) == number(tsm.parameters()) + own + scales
    assert multiply_adds(flexible, 4, SIZE) == multiply_adds(tsm, 4, SIZE)


SHIFTED = (24, 32, 32, 64, 64, 64, 96, 96, 160, 160)
"""Input channels of MobileNetV2's blocks with a residual connection."""


def test_mobilenet_shifts_in_the_official_codes_blocks():
    """There: ``InvertedResidual`` with ``use_res_connect`` and a ``conv`` of eight layers, its first one."""
    model = ffn.create_model("tsm_mobilenet_v2", num_classes=2)
    shifted = {layer: m for layer, m in model.named_modules() if isinstance(m, FrameConv2d)}
    assert list(shifted) == [f"backbone.features.{block}.conv.0.0" for block in (3, 5, 6, 8, 9, 10, 12, 13, 15, 16)]
    assert tuple(conv.in_channels for conv in shifted.values()) == SHIFTED


def test_a_convolutions_options_are_carried_over():
    conv = nn.Conv2d(8, 16, 3, stride=2, padding=2, dilation=2, groups=4, bias=False, padding_mode="circular")
    replaced = FrameConv2d.replacing(conv, context=None, shifts=False)
    x = torch.randn(2, 8, 9, 9)
    assert torch.equal(replaced(x), conv(x))


def test_what_would_be_converted_wrongly_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="already"):
        ffn.frame_flexible(ffn.create_model("ffn_tiny", num_classes=2), (2, 4))
    grouped = Family(name="grouped", build=lambda: Separable(groups=4), head="top", shifting=named_mix)
    monkeypatch.setitem(FAMILIES, "grouped", grouped)
    with pytest.raises(ValueError, match="groups"):
        ffn.create_model("ffn_grouped", num_classes=2)
    assert ffn.create_model("ffn_grouped", num_classes=2, temporal_kernels=True)
    model = ffn.create_model("tsm_tiny", num_classes=2)
    model.classifier = nn.Sequential(nn.Linear(128, 8), nn.Unflatten(1, (8, 1, 1)), nn.BatchNorm2d(8))
    with pytest.raises(ValueError, match="BatchNorm2d lies inside"):
        ffn.frame_flexible(model, (2, 4), classifier=True)


def test_an_unknown_name_and_missing_weights_are_refused():
    for unknown in ("tsm_resnet34", "i3d_tiny", "tiny"):
        with pytest.raises(ValueError, match="mobilenet_v2"):
            ffn.create_model(unknown, num_classes=2)
    with pytest.raises(ValueError, match="ImageNet"):
        ffn.create_model("tsm_tiny", num_classes=2, weights="imagenet")
    with pytest.raises(TypeError, match="colour"):
        ffn.create_model("tsm_tiny", num_classes=2, colour=True)


def test_released_checkpoints_are_for_resnets():
    with pytest.raises(ValueError, match="mobilenet_v2"):
        ffn.load_official({"new_fc.weight": torch.zeros(2, 2)}, ffn.create_model("tsm_mobilenet_v2", num_classes=2))


def test_mobilenet_trains_and_its_checkpoint_comes_back(tiny_settings, clips, tmp_path):
    settings = tiny_settings(
        backbone="mobilenet_v2", schedule=constant(2, 4), parts=Parts(), epochs=1, data_share=0.5,
        short_side=40, crop_size=32,
    )  # fmt: skip
    run = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12)
    run.run(tmp_path)
    model = model_from_checkpoint(load_checkpoint(tmp_path / "last.pt"))
    inputs = torch.randn(1, 4, 3, 32, 32)
    assert torch.equal(model(inputs), run.model.eval()(inputs))
