from operator import attrgetter

import numpy as np
import pytest
import torch

import ffn
from ffn.data.views import Views
from ffn.evaluation.batchnorm_statistics import batchnorm_statistics
from ffn.evaluation.protocol import PLAIN, EvaluationProtocol
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint
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


def trained(clips, folder):
    """A trial with re-calibration whose checkpoints lie in ``folder``."""
    trial = Trial(recalibration_clips=12).vary(
        backbone="tiny", epochs=1, batch_size=12, lr=0.05, short_side=56, crop_size=48, loader_workers=0
    )
    settings = trial.training
    Training(settings, clips("train", settings), clips("validation", settings), num_classes=12).run(folder)
    return trial


def test_recalibration_at_many_counts_is_that_at_each(evaluator):
    """All counts share one pass over the training clips and one over the evaluated ones."""
    model = ffn.create_model("tsm_tiny", num_classes=12)
    facts = {"selection": "last", "epoch": 1}

    def evaluated(*counts):
        at = evaluator(*counts)
        return at.networks(at.recalibrated(model, 20, 0), EvaluationProtocol(adaptation="recalibrated"), **facts)

    for found in evaluated(2, 3, 8):
        (alone,) = evaluated(found.eval_frames)
        assert alone.gmacs == found.gmacs
        for name in ("indices", "labels", "top_classes", "probability"):
            assert np.array_equal(getattr(alone.predictions, name), getattr(found.predictions, name))


def test_other_draws_of_frames_are_rows_of_their_own(evaluator, clips, tmp_path):
    """Of the last epoch, with re-calibration; the rows of evaluation's own stride stay as they are."""
    trial = trained(clips, tmp_path)
    plain = evaluate_trial(trial, tmp_path, evaluator(4))
    key = attrgetter("protocol.adaptation", "protocol.sampling", "selection")
    both = {
        key(row): row
        for row in evaluate_trial(trial, tmp_path, evaluator(4), (PLAIN, EvaluationProtocol(sampling="segments")))
    }
    assert set(both) - set(map(key, plain)) == {
        ("", "segments", "last"), ("recalibrated", "segments", "last"),
    }  # fmt: skip
    for row in plain:
        assert np.array_equal(row.predictions.probability, both[key(row)].predictions.probability)
    drawn = both["", "segments", "last"].predictions
    assert not np.array_equal(drawn.probability, both["", "centre", "last"].predictions.probability)
    assert np.array_equal(drawn.labels, both["", "centre", "last"].predictions.labels)


def test_shared_frames_have_one_clip():
    with pytest.raises(ValueError, match="clips must be 1 with the sampling shared"):
        EvaluationProtocol(sampling="shared", views=Views(clips=2))


def test_more_views_are_rows_beside_the_same_rows_of_one(evaluator, videos):
    model = ffn.create_model("tsm_tiny", num_classes=12)
    facts = {"selection": "last", "epoch": 1}
    (one,) = evaluator(4).network(model, **facts)
    (six,) = evaluator(4).network(model, EvaluationProtocol(views=Views(2, 3)), **facts)
    assert np.array_equal(one.predictions.labels, six.predictions.labels)
    assert not np.array_equal(one.predictions.probability, six.predictions.probability)


def test_recalibration_is_the_same_whatever_views_are_evaluated(evaluator, clips, tmp_path):
    trial = trained(clips, tmp_path)
    views = (PLAIN, EvaluationProtocol(views=Views(clips=2)))
    one, two = (
        row
        for row in evaluate_trial(trial, tmp_path, evaluator(4), views)
        if row.protocol.adaptation == "recalibrated" and row.selection == "last"
    )
    assert (str(one.protocol.views), str(two.protocol.views)) == ("1x1", "2x1")
    assert one.batchnorm == two.batchnorm
    again = evaluator(4).recalibrated(model_from_checkpoint(load_checkpoint(tmp_path / "last.pt")), 12, 0)[4]
    assert two.batchnorm == batchnorm_statistics(again, 4)
