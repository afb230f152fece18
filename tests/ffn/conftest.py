"""The networks over clips that tests of models, training and evaluation share."""

import pytest

from ffn.models.families import CLIP_FAMILIES
from tests.ffn.clip_networks import NETWORKS


@pytest.fixture(params=NETWORKS)
def small(request, monkeypatch):
    """Each network in turn, known by its name."""
    network = NETWORKS[request.param]
    if network.family:
        monkeypatch.setitem(CLIP_FAMILIES, network.name, network.family)
    return network
