from operator import attrgetter

import numpy as np
import pytest
import torch

import ffn
from ffn.data.views import Views
from ffn.evaluation.protocol import EvaluationProtocol
from ffn.training.loop import Training
from study.dataset import StudyData
from study.evaluation import Evaluator, evaluate_trial
from study.plan.trial import Trial


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
    facts = {"selection": "last", "epoch": 1}
    together = evaluator(2, 3, 8).recalibrated_network(model, 20, 0, **facts)
    for found in together:
        (alone,) = evaluator(found.eval_frames).recalibrated_network(model, 20, 0, **facts)
        assert alone.gmacs == found.gmacs
        for name in ("indices", "labels", "top_classes", "probability"):
            assert np.array_equal(getattr(alone.predictions, name), getattr(found.predictions, name))


def test_other_draws_of_frames_are_rows_of_their_own(evaluator, clips, tmp_path):
    """Of the last epoch, with re-calibration; the rows of evaluation's own stride stay as they are."""
    trial = Trial(recalibration_clips=12).vary(
        backbone="tiny", epochs=1, batch_size=12, lr=0.05, short_side=56, crop_size=48, loader_workers=0
    )
    settings = trial.training
    training = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12)
    training.run(tmp_path)
    plain = evaluate_trial(trial, tmp_path, evaluator(4))
    key = attrgetter("adaptation", "sampling", "selection")
    both = {
        key(row): row
        for row in evaluate_trial(trial, tmp_path, evaluator(4), [EvaluationProtocol(sampling="segments")])
    }
    assert set(both) - set(map(key, plain)) == {
        ("", "segments", "last"), ("recalibrated", "segments", "last"),
    }  # fmt: skip
    for row in plain:
        assert np.array_equal(row.predictions.probability, both[key(row)].predictions.probability)
    drawn = both["", "segments", "last"].predictions
    assert not np.array_equal(drawn.probability, both["", "centre", "last"].predictions.probability)
    assert np.array_equal(drawn.labels, both["", "centre", "last"].predictions.labels)


def test_more_views_are_rows_beside_the_same_rows_of_one(evaluator, videos):
    model = ffn.create_model("tsm_tiny", num_classes=12)
    facts = {"selection": "last", "epoch": 1}
    (one,) = evaluator(4).network(model, **facts)
    (six,) = evaluator(4).on(EvaluationProtocol(views=Views(2, 3))).network(model, **facts)
    assert (one.views, six.views) == ("1x1", "2x3")
    assert np.array_equal(one.predictions.labels, six.predictions.labels)
    assert not np.array_equal(one.predictions.probability, six.predictions.probability)


def test_recalibration_is_the_same_whatever_views_are_evaluated(evaluator):
    model = ffn.create_model("tsm_tiny", num_classes=12)
    facts = {"selection": "last", "epoch": 1}
    (one,), (two,) = (
        evaluator(4).on(EvaluationProtocol(views=views)).recalibrated_network(model, 20, 0, **facts)
        for views in (Views(), Views(clips=2))
    )
    assert one.batchnorm == two.batchnorm
