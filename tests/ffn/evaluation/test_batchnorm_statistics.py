import pytest
import torch

import ffn
from ffn.evaluation.batchnorm_statistics import batchnorm_statistics

TSM = ffn.create_model("tsm_tiny", num_classes=12)
FFN = ffn.frame_flexible(TSM, (4, 16))


def test_every_layer_stands_once_under_the_name_it_has_in_the_plain_network():
    of_tsm = batchnorm_statistics(TSM, 16)
    assert len(of_tsm) == sum(isinstance(module, torch.nn.BatchNorm2d) for module in TSM.modules())
    assert [row.layer for row in batchnorm_statistics(FFN, 4)] == [row.layer for row in of_tsm]


@pytest.mark.parametrize(("count", "expected"), [(4, 3.0), (6, 3.0), (16, 1.0), (24, 1.0)])
def test_the_statistics_are_those_of_the_count_that_serves(count, expected):
    for name, buffer in FFN.named_buffers():
        if name.endswith(".4.running_var"):
            buffer.fill_(3.0)
    assert {row.variance for row in batchnorm_statistics(FFN, count)} == {expected}


def test_channels_are_averaged():
    model = ffn.create_model("tsm_tiny", num_classes=12)
    first = next(module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d))
    with torch.no_grad():
        first.weight.copy_(torch.arange(len(first.weight)))
        first.bias.fill_(-2)
    row = batchnorm_statistics(model, 8)[0]
    assert row.scale == pytest.approx((len(first.weight) - 1) / 2)
    assert (row.bias, row.mean, row.variance) == (-2, 0, 1)


def test_without_scale_and_bias_they_are_one_and_zero():
    model = ffn.frame_flexible(torch.nn.Sequential(torch.nn.BatchNorm3d(4, affine=False)), (4,))
    (row,) = batchnorm_statistics(model, 4)
    assert (row.scale, row.bias, row.variance) == (1, 0, 1)
