import pytest
import torch

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
