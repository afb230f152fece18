"""Networks of any kind through conversion, folding, export and cost: each operation on each network."""

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

import ffn
from ffn.evaluation.cost import multiply_adds
from ffn.models.clip_network import check_frame_counts
from ffn.models.factory import plain_name
from ffn.models.families import CLIP_FAMILIES
from ffn.models.frame_flexible import private_parameters
from ffn.models.normalisation import layers_with_statistics, normalisation_layers
from ffn.models.parts import Parts
from tests.ffn.clip_networks import NETWORKS, Guarded, Masked, Recogniser, Scaled, Weighted, clips

FLEXIBLE = {"all": Parts(), "norms": Parts(alteration=False), "classifier": Parts(classifier=True),
            "weights": Parts(weight_sharing=False)}  # fmt: skip


def moved(small, **options):
    """The network in double precision, with parameters and statistics that differ from their start."""
    torch.manual_seed(0)
    model = ffn.create_model(plain_name(small.name), 5).double().train()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        model(clips(small, small.counts[-1], number=3, dtype=torch.float64))
    return model.eval()


@pytest.mark.parametrize("parts", FLEXIBLE)
def test_conversion_without_scales_leaves_the_outputs_at_every_count(small, parts):
    model = moved(small)
    flexible = ffn.frame_flexible(model, small.counts, alteration_std=0.0, **FLEXIBLE[parts].as_dict()).eval()
    for count in {*small.counts, 3}:
        inputs = clips(small, count, dtype=torch.float64)
        assert model(inputs).shape == (2, 5)
        torch.testing.assert_close(flexible(inputs), model(inputs), rtol=1e-9, atol=1e-9)


def test_each_count_has_every_normalisation_layer_and_scales_for_itself(small):
    plain = ffn.create_model(plain_name(small.name), 5)
    flexible = ffn.create_model(f"ffn_{small.name}", 5, small.counts)
    assert len(normalisation_layers(flexible)) == len(small.counts) * len(normalisation_layers(plain)) > 0
    flexible.train()(clips(small, small.counts[0])).square().sum().backward()
    idle = {id(parameter) for parameter in flexible.parameters() if parameter.grad is None}
    assert idle == {id(parameter) for parameter in private_parameters(flexible, small.counts[1])}
    scales = [name for name, _ in flexible.named_parameters() if f".alteration.{small.counts[0]}" in name]
    assert len(scales) == len(plain.scaled_layers) > 0


def test_scales_are_on_the_layers_inputs(small):
    flexible = ffn.create_model(f"ffn_{small.name}", 5, small.counts, alteration_std=0.5).eval()
    layer = flexible.get_submodule(flexible.scaled_layers[0])
    seen = []
    layer.register_forward_hook(lambda module, inputs, output: seen.append((inputs[0], output)))
    with torch.no_grad():
        flexible(clips(small, small.counts[0]))
        given, answer = seen[0]
        scale = 1 + layer.alteration[str(small.counts[0])]
        scaled = given * (scale if isinstance(layer, nn.Linear) else scale.view(1, -1, *[1] * (given.dim() - 2)))
        for value in layer.alteration.values():
            value.zero_()
        if getattr(layer, "shifts", False):
            return  # the shift comes between: tests/ffn/models/test_frame_flexible.py
        torch.testing.assert_close(layer(scaled), answer, rtol=1e-4, atol=1e-5)


def test_a_sub_network_answers_as_the_whole_and_its_batchnorm_is_folded(small):
    model = ffn.create_model(f"ffn_{small.name}", 5, small.counts, alteration_std=0.3).double().train()
    with torch.no_grad():
        for count in small.counts:
            model(count * clips(small, count, number=3, dtype=torch.float64))
    count, inputs = small.counts[1], clips(small, small.counts[1], dtype=torch.float64)
    network = ffn.sub_network(model.eval(), count, size=small.size)
    torch.testing.assert_close(network(inputs), model(inputs), rtol=1e-6, atol=1e-6)
    assert not [module for module in network.modules() if isinstance(module, _BatchNorm)]
    assert multiply_adds(network, count, small.size) <= multiply_adds(model, count, small.size)
    with pytest.raises(ValueError, match=f"clips of {count} frames"):
        network(clips(small, small.counts[0], dtype=torch.float64))


def test_an_export_answers_as_the_network(small, tmp_path):
    model = ffn.create_model(f"ffn_{small.name}", 5, small.counts).eval()
    count = small.counts[1]
    ffn.export_sub_network(model, count, size=small.size, path=tmp_path / "one.pt2")
    exported = torch.export.load(tmp_path / "one.pt2").module()
    inputs = clips(small, count, number=3)
    torch.testing.assert_close(exported(inputs), model(inputs), rtol=1e-4, atol=1e-4)


def test_a_network_is_rebuilt_from_its_architecture(small):
    plain = ffn.create_model(plain_name(small.name), 3)
    for model in (plain, ffn.frame_flexible(plain, small.counts, classifier=True)):
        again = ffn.create_model(**model.architecture)
        again.load_state_dict(model.state_dict())
        assert again.architecture == model.architecture
        assert again.backbone_name == small.name
        inputs = clips(small, small.counts[0])
        assert torch.equal(again.eval()(inputs), model.eval()(inputs))


def test_a_module_of_ones_own_is_converted_as_it_is():
    module = Recogniser(4).eval()
    flexible = ffn.frame_flexible(module, (2, 4), classifier=True)
    inputs = torch.randn(2, 4, 3, 16, 16)
    before = module(inputs)
    flexible.train()(inputs).sum().backward()
    assert torch.equal(module(inputs), before)
    assert all(parameter.grad is None for parameter in module.parameters())
    assert flexible.architecture == {}
    assert set(flexible.network.head.alteration) == {"2", "4"}


VIT_PLACES, VIT_WIDTH, VIT_DEPTH = 9, 64, 3


def test_attention_is_counted():
    """Of a transformer with 12 w² weights a block, n tokens cost 12 n w², which is the same for every frame, and the
    attention between them 2 n² w."""
    model = ffn.create_model("tiny_vit", 5)
    costs = {frames: multiply_adds(model, frames, 48) - 5 * VIT_WIDTH for frames in (4, 8)}
    attention = {frames: VIT_DEPTH * 2 * (frames * VIT_PLACES) ** 2 * VIT_WIDTH for frames in costs}
    assert costs[8] - attention[8] == 2 * (costs[4] - attention[4])
    assert costs[4] > attention[4] + VIT_DEPTH * 12 * 4 * VIT_PLACES * VIT_WIDTH**2


TORCHVISIONS = {"r3d_18": (2, 4), "mc3_18": (2, 4), "r2plus1d_18": (2, 4), "swin3d_t": (2, 4), "s3d": (13, 14)}
"""Without MViT, which takes seconds for a clip: ``small_mvit`` stands for it."""


@pytest.mark.parametrize("name", TORCHVISIONS)
def test_torchvisions_networks_take_their_weights_and_conversion_leaves_their_outputs(name, tmp_path):
    family, counts, size = CLIP_FAMILIES[name], TORCHVISIONS[name], 224 if name == "s3d" else 32
    theirs = family.build(400).eval()
    torch.save(theirs.state_dict(), tmp_path / "kinetics.pt")
    model = ffn.create_model(name, 7, weights=tmp_path / "kinetics.pt").eval()
    head = f"{family.head}."
    own = {key: value for key, value in model.network.state_dict().items() if not key.startswith(head)}
    assert all(torch.equal(value, theirs.state_dict()[key]) for key, value in own.items())
    flexible = ffn.frame_flexible(model, counts, alteration_std=0.0).eval()
    assert len(model.scaled_layers) > 0
    inputs = torch.randn(1, counts[1], 3, size, size)
    with torch.no_grad():
        torch.testing.assert_close(flexible(inputs), model(inputs), rtol=1e-4, atol=1e-5)


def test_input_is_normalised_as_the_weights_require():
    """torchvision's R3D takes frames normalised by Kinetics' own mean and deviation, MViT by others."""
    for name in ("r3d_18", "mvit_v2_s", "swin3d_t"):
        given = CLIP_FAMILIES[name].weights.transforms()
        pixels = torch.rand(1, 2, 3, 4, 4)
        model = ffn.create_model(name, 2)
        model.network = nn.Identity()
        imagenet = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        ours = (pixels - imagenet[0][:, None, None]) / imagenet[1][:, None, None]
        mean, std = torch.tensor(given.mean), torch.tensor(given.std)
        expected = (pixels - mean[:, None, None]) / std[:, None, None]
        torch.testing.assert_close(model(ours).transpose(1, 2), expected, rtol=1e-5, atol=1e-5)


def test_frame_counts_that_a_network_does_not_take_are_refused_with_those_it_does():
    with pytest.raises(ValueError, match=r"s3d takes no clips of 4, 8 frames of 224 .* it takes 13, 14, 15"):
        ffn.create_model("ffn_s3d", 5, (4, 8, 16))
    with pytest.raises(ValueError, match=r"mvit_v2_s takes no clips of 4, 8 frames .* it takes 15, 16$"):
        ffn.create_model("ffn_mvit_v2_s", 5, (4, 8, 16))
    with pytest.raises(ValueError, match=r"64 pixels squared \(.*\); of 1 to 32 frames it takes none"):
        check_frame_counts(ffn.create_model("tiny_vit", 5), (4,), 64)


@pytest.mark.parametrize("kind", [Scaled, Weighted, Guarded, Masked])
def test_a_network_that_needs_values_is_run_on_a_clip(kind):
    """Such a network has no form on shapes alone; its linear layer alone costs something."""
    model = ffn.frame_flexible(kind(5), (4, 8))
    check_frame_counts(model, (4, 8), 16)
    assert multiply_adds(model, 4, 16) == 3 * 5


def test_what_a_network_itself_says_of_a_clip_is_told():
    with pytest.raises(ValueError, match=r"takes no clips of 9 .*\(at most 8 frames\); .* 1, 2, 3, 4, 5, 6, 7, 8$"):
        check_frame_counts(ffn.frame_flexible(Guarded(5), (4, 8)), (4, 9), 16)


def test_what_cannot_be_converted_or_found_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match="temporal kernels .* tiny_vit does not have"):
        ffn.create_model("ffn_tiny_vit", 5, temporal_kernels=True)
    for name, word in (
        ("nowhere.at_all:network", "cannot be imported"),
        ("tests.ffn.clip_networks:nothing", "cannot be imported"),
        ("os:system", "defined in os"),
        ("tests.ffn.clip_networks:OWN", "must be a function"),
    ):
        with pytest.raises(ValueError, match=word):
            ffn.create_model(name, 5)
    for names in ("head", ("heads",)):
        module = Recogniser(4)
        module.scaled_layers = names
        with pytest.raises(ValueError, match="scaled_layers must list names of layers of Recogniser, got 'head"):
            ffn.frame_flexible(module, (2, 4))
    with pytest.raises(ValueError, match="no Kinetics weights for the tiny_vit"):
        ffn.create_model("tiny_vit", 5, weights="kinetics")
    with pytest.raises(ValueError, match="those of a r3d_18 are kinetics"):
        ffn.create_model("r3d_18", 5, weights="imagenet")
    torch.save({"fc.weight": torch.zeros(5, 512)}, tmp_path / "half.pt")
    with pytest.raises(ValueError, match="missing"):
        ffn.create_model("r3d_18", 5, weights=tmp_path / "half.pt")


def test_where_nothing_keeps_statistics_is_known():
    for small in NETWORKS.values():
        if small.family is None:
            assert bool(layers_with_statistics(ffn.create_model(plain_name(small.name), 2))) == small.statistics
