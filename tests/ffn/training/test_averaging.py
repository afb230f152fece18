import pytest
import torch

from ffn.training.averaging import Averaging


def network(value):
    model = torch.nn.BatchNorm1d(2)
    for tensor in (*model.parameters(), model.running_mean, model.running_var):
        tensor.data.fill_(value)
    return model


def test_the_average_keeps_its_share_of_weights_and_statistics():
    model = network(1.0)
    averaging = Averaging(model, 0.75)
    averaging.update()
    for tensor in (*model.parameters(), model.running_mean):
        tensor.data.fill_(5.0)
    averaging.update()
    averaged = averaging.network
    for tensor in (averaged.weight, averaged.bias, averaged.running_mean):
        assert tensor.tolist() == pytest.approx([2.0, 2.0])
    assert model.weight.tolist() == [5.0, 5.0]


def test_without_decay_the_network_is_the_model():
    model = network(1.0)
    averaging = Averaging(model, 0.0)
    averaging.update()
    assert averaging.network is model
    assert averaging.state_dict() == {}


def test_an_average_goes_on_where_it_was_saved():
    first, second = (Averaging(network(1.0), 0.5) for _ in range(2))
    first.update()
    first.model.weight.data.fill_(3.0)
    second.load_state_dict(first.network.state_dict(), first.state_dict())
    for averaging in (first, second):
        averaging.update()
    assert torch.equal(first.network.weight, second.network.weight)
    assert first.network.weight.tolist() == [2.0, 2.0]
