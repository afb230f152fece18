import pytest
import torch

import ffn
from ffn.models.frame_context import nearest_count
from ffn.models.frame_flexible import private_parameters


def tsm(**arguments):
    model = ffn.create_model("tsm_tiny", num_classes=3, dropout=0.0, **arguments).double()
    model.train()
    with torch.no_grad():  # statistics that differ from their start
        model(torch.randn(4, 8, 3, 48, 48, dtype=torch.float64))
    return model.eval()


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"normalisation": False},
        {"alteration": False},
        {"weight_sharing": False},
        {"temporal_kernels": True},
        {"classifier": True},
        {"temporal_kernels": True, "classifier": True, "weight_sharing": False},
    ],
)
def test_conversion_without_alteration_changes_no_output(parts):
    model = tsm()
    flexible = ffn.frame_flexible(model, (4, 8, 16), alteration_std=0.0, **parts).eval()
    for num_frames in range(1, 21):
        clips = torch.randn(1, num_frames, 3, 48, 48, dtype=torch.float64)
        torch.testing.assert_close(flexible(clips), model(clips), rtol=1e-12, atol=1e-12)


def test_conversion_leaves_the_source_alone():
    model = tsm()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    flexible = ffn.frame_flexible(model, (2, 4))
    flexible.train()(torch.randn(2, 4, 3, 48, 48, dtype=torch.float64)).sum().backward()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_scaling_the_weight_is_scaling_the_input():
    flexible = ffn.frame_flexible(tsm(), (4,), alteration_std=0.5).eval()
    block = flexible.backbone.blocks[1]
    scale = 1 + block.conv1.alteration["4"]
    x = torch.randn(4, 16, 6, 6, dtype=torch.float64)
    flexible.context.enter(1, 4, training=False)
    by_weight = block.conv1(x)
    with torch.no_grad():
        block.conv1.alteration["4"].zero_()
    torch.testing.assert_close(block.conv1(x * scale[None, :, None, None]), by_weight)


@pytest.mark.parametrize(
    ("parts", "private"),
    [
        ({}, {"bn", "alteration", "downsample.1"}),
        ({"normalisation": False}, {"alteration"}),
        ({"alteration": False}, {"bn", "downsample.1"}),
        ({"temporal_kernels": True}, {"bn", "downsample.1", "temporal_kernels"}),
        ({"classifier": True, "alteration": False}, {"bn", "downsample.1", "classifier"}),
    ],
)
def test_gradients_reach_only_the_sub_network_in_use(parts, private):
    flexible = ffn.frame_flexible(tsm(), (4, 8), **parts)
    flexible.train()(torch.randn(2, 4, 3, 48, 48, dtype=torch.float64)).sum().backward()
    idle = {name for name, parameter in flexible.named_parameters() if parameter.grad is None}
    assert idle == {name for name, _ in flexible.named_parameters() if ".8" in name}
    assert all(any(part in name for part in private) for name in idle)
    assert idle


@pytest.mark.parametrize("parts", [{}, {"temporal_kernels": True, "classifier": True}])
def test_private_parameters_are_those_that_a_gradient_at_the_count_reaches_alone(parts):
    flexible = ffn.frame_flexible(tsm(), (4, 8), **parts)
    flexible.train()(torch.randn(2, 8, 3, 48, 48, dtype=torch.float64)).sum().backward()
    idle = {id(parameter) for parameter in flexible.parameters() if parameter.grad is None}
    assert {id(parameter) for parameter in private_parameters(flexible, 4)} == idle


def test_a_conversion_says_what_rebuilds_it():
    model = ffn.create_model("tsm_tiny", num_classes=3, dropout=0.2)
    flexible = ffn.frame_flexible(model, (8, 4), temporal_kernels=True, classifier=True)
    again = ffn.create_model(**flexible.architecture)
    again.load_state_dict(flexible.state_dict())
    assert again.architecture == flexible.architecture
    assert model.architecture["name"] == "tsm_tiny"


def test_without_weight_sharing_nothing_is_shared():
    flexible = ffn.frame_flexible(tsm(), (4, 8), weight_sharing=False)
    flexible.train()(torch.randn(2, 4, 3, 48, 48, dtype=torch.float64)).sum().backward()
    for name, parameter in flexible.named_parameters():
        assert (parameter.grad is None) == (".8" in name), name


def test_statistics_move_only_for_the_sub_network_in_use():
    flexible = ffn.frame_flexible(tsm(), (4, 8))
    before = {name: value.clone() for name, value in flexible.state_dict().items()}
    with torch.no_grad():
        flexible.train()(torch.randn(2, 5, 3, 48, 48, dtype=torch.float64))
    moved = {name for name, value in flexible.state_dict().items() if not torch.equal(value, before[name])}
    assert moved
    assert all(".4." in name for name in moved)


def test_nearest_count_over_1_to_32_with_ties_to_the_higher():
    expected = {4: range(1, 6), 8: range(6, 12), 16: range(12, 33)}
    for count, lengths in expected.items():
        assert {nearest_count((4, 8, 16), length) for length in lengths} == {count}


@pytest.mark.parametrize("num_frames", range(1, 33))
def test_the_network_follows_the_nearest_rule(num_frames):
    flexible = ffn.frame_flexible(tsm(), (4, 8, 16), alteration_std=0.5).eval()
    clips = torch.randn(1, num_frames, 3, 48, 48, dtype=torch.float64)
    serving = nearest_count((4, 8, 16), num_frames)
    only = ffn.frame_flexible(tsm(), (serving,), alteration_std=0.0)
    wanted = {name: value for name, value in flexible.state_dict().items() if name in only.state_dict()}
    only.load_state_dict(wanted)
    torch.testing.assert_close(flexible(clips), only.eval()(clips), rtol=0, atol=0)
