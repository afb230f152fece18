import pytest
import torch
from torch import nn

import ffn
from ffn.evaluation.cost import multiply_adds

PARTS = [
    {},
    {"normalisation": False},
    {"alteration": False},
    {"weight_sharing": False},
    {"temporal_kernels": True, "classifier": True},
]


def trained(name, **arguments):
    """A network whose statistics and private parts differ from their start, and from count to count."""
    torch.manual_seed(0)
    if name.startswith("ffn"):
        arguments = {"alteration_std": 0.3, **arguments}
    model = ffn.create_model(name, num_classes=5, **arguments).train()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter) * parameter.std().nan_to_num(1))
        for count in (4, 8, 16):
            model(torch.randn(2, count, 3, 48, 48) * count**0.5)
    return model.eval()


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("count", [1, 4, 6, 16, 20])
def test_logits_are_those_of_the_whole_network(parts, count):
    model = trained("ffn_tiny", **parts)
    clips = torch.randn(3, count, 3, 48, 48)
    torch.testing.assert_close(ffn.sub_network(model, count)(clips), model(clips), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["tsm_resnet18", "ffn_resnet50"])
def test_every_backbone_folds(name):
    model = trained(name, shift_every=2)
    network = ffn.sub_network(model, 8)
    clips = torch.randn(1, 8, 3, 48, 48)
    torch.testing.assert_close(network(clips), model(clips), rtol=1e-4, atol=1e-4)
    assert not [module for module in network.modules() if isinstance(module, nn.BatchNorm2d | nn.ParameterDict)]
    assert multiply_adds(network, 8, 48) <= multiply_adds(model, 8, 48)


def test_the_network_itself_stays_as_it_was():
    model = trained("ffn_tiny").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ffn.sub_network(model, 4)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_clips_of_another_length_are_refused():
    with pytest.raises(ValueError, match="4 frames, got 8"):
        ffn.sub_network(trained("ffn_tiny"), 4)(torch.randn(1, 8, 3, 48, 48))


def test_a_count_below_one_is_refused():
    with pytest.raises(ValueError, match="count"):
        ffn.sub_network(trained("ffn_tiny"), 0)


@pytest.mark.parametrize(("name", "parts"), [("ffn_tiny", PARTS[-1]), ("ffn_resnet18", {})])
def test_an_exported_file_answers_the_same_for_any_number_of_clips(name, parts, tmp_path):
    model = trained(name, **parts)
    ffn.export_sub_network(model, 4, size=48, path=tmp_path / "four.pt2")
    exported = torch.export.load(tmp_path / "four.pt2").module()
    for num_clips in (1, 2, 5):
        clips = torch.randn(num_clips, 4, 3, 48, 48)
        torch.testing.assert_close(exported(clips), model(clips), rtol=1e-4, atol=1e-4)


class NormalisedLate(nn.Module):
    """A BatchNorm after a ReLU in place, which gives the convolution's output on as the same tensor."""

    def __init__(self, num_classes):
        super().__init__()
        self.conv, self.relu, self.norm = nn.Conv3d(3, 8, 3), nn.ReLU(inplace=True), nn.BatchNorm3d(8)
        self.classifier = nn.Linear(8, num_classes)

    def features(self, clips):
        return self.norm(self.relu(self.conv(clips.transpose(1, 2))))

    def forward(self, clips):
        return self.classifier(self.features(clips).mean((2, 3, 4)))


class Preactivated(NormalisedLate):
    """A residual connection past the BatchNorm."""

    def features(self, clips):
        x = self.conv(clips.transpose(1, 2))
        return x + self.norm(x)


class WithoutStatistics(NormalisedLate):
    """A BatchNorm that normalises by the batch in evaluation, too."""

    def __init__(self, num_classes):
        super().__init__(num_classes)
        self.norm = nn.BatchNorm3d(8, track_running_stats=False)


class Transposed(NormalisedLate):
    """A transposed convolution before the BatchNorm, which has neither scale nor bias."""

    def __init__(self, num_classes):
        super().__init__(num_classes)
        self.conv, self.relu = nn.ConvTranspose3d(3, 8, 3), nn.Identity()
        self.norm = nn.BatchNorm3d(8, affine=False)


class Plain(Transposed):
    """A convolution before such a BatchNorm, and an operation that needs values."""

    def __init__(self, num_classes):
        super().__init__(num_classes)
        self.conv = nn.Conv3d(3, 8, 3)

    def forward(self, clips):
        return super().forward(clips / clips.abs().max().item())


@pytest.mark.parametrize("kind", [NormalisedLate, Preactivated, WithoutStatistics, Transposed, Plain])
def test_only_what_a_convolution_gives_to_its_norm_alone_is_folded(kind):
    torch.manual_seed(0)
    model = ffn.frame_flexible(kind(5), (4, 8)).train()
    for count in (4, 8):
        model(3 * torch.randn(2, count, 3, 16, 16) + 1)
    network, clips = ffn.sub_network(model.eval(), 4, size=16), torch.randn(2, 4, 3, 16, 16)
    torch.testing.assert_close(network(clips), model(clips))
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm3d)]
    assert bool(norms) == (kind is not Plain)
