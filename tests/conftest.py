"""Small real videos, made once per test session."""

import pytest
import torch

from ffn.data.clips import ClipDataset
from ffn.data.labels import read_videos
from ffn.data.synthetic import SyntheticDataset, synthesize
from ffn.training.settings import TrainingSettings

torch.set_num_threads(1)  # busy cores make several threads wait for each other
SMALL = SyntheticDataset(train=48, validation=24, test=24, frames=24)


@pytest.fixture(scope="session")
def videos(tmp_path_factory):
    """The folder of a small synthetic dataset."""
    root = tmp_path_factory.mktemp("videos")
    synthesize(root, SMALL)
    return root


@pytest.fixture(scope="session")
def tiny_settings():
    """Two epochs of the tiny network in seconds; keyword arguments replace fields."""

    def settings(**changes):
        small = {
            "backbone": "tiny", "epochs": 2, "batch_size": 12, "lr": 0.05, "dropout": 0.1,
            "short_side": 56, "crop_size": 48, "loader_workers": 0,
        }  # fmt: skip
        return TrainingSettings(**{**small, **changes})

    return settings


@pytest.fixture
def clips(videos):
    """Splits of the small dataset as clips prepared in the way of some settings."""
    return lambda split, settings: ClipDataset(read_videos(videos, split), settings.preparation)
