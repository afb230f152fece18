import torch

import ffn
from ffn.evaluation.cost import multiply_adds
from ffn.evaluation.ensemble import Ensemble


def members():
    return [ffn.create_model("tsm_tiny", num_classes=4).eval() for _ in range(3)]


def test_the_distribution_is_the_mean_of_the_members():
    networks = members()
    clips = torch.randn(2, 3, 3, 48, 48)
    mean = torch.stack([network(clips).softmax(1) for network in networks]).mean(0)
    torch.testing.assert_close(Ensemble(networks)(clips).softmax(1), mean)


def test_it_costs_what_its_members_cost():
    networks = members()
    assert multiply_adds(Ensemble(networks), 4, 48) == 3 * multiply_adds(networks[0], 4, 48)
