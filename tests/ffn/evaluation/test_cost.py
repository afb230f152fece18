import pytest

import ffn
from ffn.evaluation.cost import multiply_adds


@pytest.mark.parametrize(("num_frames", "published"), [(4, 16.4), (8, 32.7), (16, 65.4)])
def test_cost_of_the_paper_for_both_networks(num_frames, published):
    """Table 1 of the paper prints these for ResNet-50 at 224 pixels; alteration and normalisation add nothing to it."""
    for name in ("tsm_resnet50", "ffn_resnet50"):
        model = ffn.create_model(name, num_classes=174)
        assert multiply_adds(model, num_frames, 224) / 1e9 == pytest.approx(published, abs=0.1)


@pytest.mark.parametrize(
    ("name", "parts"),
    [("tsm_tiny", {}), ("ffn_tiny", {}), ("ffn_tiny", {"temporal_kernels": True, "classifier": True})],
)
def test_every_frame_costs_the_same(name, parts):
    model = ffn.create_model(name, num_classes=3, **parts)
    one = multiply_adds(model, 1, 48)
    assert [multiply_adds(model, count, 48) for count in (4, 12)] == [4 * one, 12 * one]


def test_temporal_kernels_cost_three_multiply_adds_a_value():
    without, with_kernels = (
        ffn.create_model("ffn_tiny", num_classes=3, temporal_kernels=kernels) for kernels in (False, True)
    )
    values_before_each_block = 16 * 12 * 12 + 16 * 12 * 12 + 32 * 6 * 6 + 64 * 3 * 3
    added = multiply_adds(with_kernels, 4, 48) - multiply_adds(without, 4, 48)
    assert added == 3 * 4 * values_before_each_block
