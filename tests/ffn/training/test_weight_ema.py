import pytest
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ffn.training.weight_ema import WeightEMA


def network(value):
    model = torch.nn.BatchNorm1d(2)
    for tensor in (*model.parameters(), model.running_mean, model.running_var):
        tensor.data.fill_(value)
    return model


def test_the_average_keeps_its_share_of_weights_and_statistics():
    model = network(1.0)
    ema = WeightEMA(model, 0.75)
    ema.update()
    for tensor in (*model.parameters(), model.running_mean):
        tensor.data.fill_(5.0)
    ema.update()
    averaged = ema.network
    for tensor in (averaged.weight, averaged.bias, averaged.running_mean):
        assert tensor.tolist() == pytest.approx([2.0, 2.0])
    assert model.weight.tolist() == [5.0, 5.0]


def test_the_average_is_torchs_own_to_the_last_bit():
    model = torch.nn.BatchNorm1d(3)
    ema = WeightEMA(model, 0.9)
    expected = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    for _ in range(4):
        model(torch.randn(5, 3))
        model.weight.data.normal_()
        ema.update()
        expected.update_parameters(model)
    for name in ("weight", "bias", "running_mean", "running_var"):
        assert torch.equal(getattr(ema.network, name), getattr(expected.module, name)), name


class SeenDevices(TorchDispatchMode):
    """The devices of all tensors that an operation reads."""

    def __init__(self):
        super().__init__()
        self.devices = set()

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        self.devices |= {leaf.device.type for leaf in tree_leaves(arguments) if isinstance(leaf, torch.Tensor)}
        return operation(*arguments, **(keywords or {}))


def test_an_update_reads_nothing_beside_the_device():
    """A tensor copied there from the CPU would wait for a GPU; torch's meta device stands for it."""
    ema = WeightEMA(torch.nn.BatchNorm1d(2, device="meta"), 0.9)
    with SeenDevices() as seen:
        ema.update()
        ema.update()
    assert seen.devices == {"meta"}


def test_without_decay_the_network_is_the_model():
    model = network(1.0)
    ema = WeightEMA(model, 0.0)
    ema.update()
    assert ema.network is model
    assert ema.state_dict() == {}


def test_an_average_goes_on_where_it_was_saved():
    first, second = (WeightEMA(network(1.0), 0.5) for _ in range(2))
    first.update()
    first.model.weight.data.fill_(3.0)
    second.load_state_dict(first.network.state_dict(), first.state_dict())
    for ema in (first, second):
        ema.update()
    assert torch.equal(first.network.weight, second.network.weight)
    assert first.network.weight.tolist() == [2.0, 2.0]
