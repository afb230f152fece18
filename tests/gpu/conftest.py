import pytest
import torch


@pytest.fixture
def gpu():
    return torch.device("cuda")
