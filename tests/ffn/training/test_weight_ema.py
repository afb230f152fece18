import pytest
import torch

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
