import numpy as np
import pytest
import torch

import ffn
from study.dataset import StudyData
from study.evaluation import Evaluator


@pytest.fixture
def evaluator(videos, tiny_settings):
    """Evaluates the small dataset at some frame counts."""

    def at(*frames):
        data, preparation = StudyData(root=videos), tiny_settings().preparation
        return Evaluator(
            data=data, preparation=preparation, split="validation", frames=frames, device=torch.device("cpu")
        )

    return at


def test_recalibration_at_many_counts_is_that_at_each(evaluator):
    """All counts share one pass over the training clips and one over the evaluated ones."""
    model = ffn.create_model("tsm_tiny", num_classes=12)
    facts = {"method": "tsm+recalibrated", "selection": "last", "epoch": 1}
    together = evaluator(2, 3, 8).recalibrated_network(model, 20, 0, **facts)
    for found in together:
        (alone,) = evaluator(found.eval_frames).recalibrated_network(model, 20, 0, **facts)
        assert alone.gmacs == found.gmacs
        for name in ("indices", "labels", "top_classes", "probability"):
            assert np.array_equal(getattr(alone.predictions, name), getattr(found.predictions, name))
