"""Every benchmark runs, and what it compares gives the same numbers."""

import json
from functools import partial

import pandas as pd
import pytest
import torch

from experiments.benchmarks import __main__ as benchmarks
from experiments.benchmarks import evaluation
from experiments.benchmarks.baselines import ReleasedStep
from experiments.benchmarks.inputs import random_batch, write_videos
from experiments.benchmarks.step import prepared, step_settings
from ffn.data.clips import ClipDataset
from ffn.models.factory import create_model
from ffn.training.objectives import Distillation, Step


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """benchmarks.csv of a quick run, and its record."""
    out = tmp_path_factory.mktemp("benchmarks")
    assert benchmarks.main(["--quick", "--repeats", "1", "--out", str(out)]) == 0
    return pd.read_csv(out / "benchmarks.csv"), json.loads((out / "benchmarks.json").read_text())


def test_one_table_holds_every_benchmark_with_its_surroundings(table):
    rows, record = table
    assert list(rows) == ["benchmark", "variant", "value", "unit", "ratio", "floor"]
    for word in (
        "TSM 16", "FFN {4,8,16}", "retrofit", "peak memory", "evaluation", "ffn_tiny", "tables, by trials", "report",
        "of 960 frames", "share of the matrix floor", "share of the memory floor", "training on a core",
    ):  # fmt: skip
        assert rows["benchmark"].str.contains(word, regex=False).any(), word
    assert rows["value"].gt(0).all()
    assert record["versions"]["torch"]
    assert record["hardware"]["cores"] >= 1


@pytest.mark.parametrize("counts", [(16,), (4, 8, 16)])
def test_our_step_has_the_losses_logits_and_gradients_of_the_released_one(counts):
    settings = step_settings(("tiny", 2, 48), counts)
    training, batch = prepared(settings)
    model = training.model.double()
    model.dropout.p = 0.0
    with torch.no_grad():  # alteration that matters
        for name, parameter in model.named_parameters():
            if "alteration" in name:
                parameter.normal_(0, 0.3)
    plain = ReleasedStep(model, settings)
    clips = {count: batch.normalised(count).double() for count in counts}
    losses, logits = plain.backward(clips, batch.labels)
    makers = {count: partial(clips.get, count) for count in counts}
    found = Distillation().backward(Step(clips=makers, labels=batch.labels, predict=model))
    for count, loss, expected in zip(sorted(counts, reverse=True), losses, logits):
        torch.testing.assert_close(found[count].loss, loss.detach())
        torch.testing.assert_close(found[count].logits, expected.detach())
    for ours, theirs in zip(model.parameters(), plain.model.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def test_seven_counts_at_once_are_predicted_as_one_by_one(tmp_path):
    clips = ClipDataset(write_videos(tmp_path, 2), evaluation.PREPARATION)
    model = create_model("ffn_tiny", num_classes=7)
    at_once, one_by_one = evaluation.at_once(model, clips, evaluation.SEVEN), evaluation.one_by_one(model, clips)
    assert set(at_once) == set(one_by_one) == set(evaluation.SEVEN)
    for count, predictions in at_once.items():
        assert (predictions.top_classes == one_by_one[count].top_classes).all()
        assert (predictions.probability == one_by_one[count].probability).all()


def test_random_clips_are_the_same_each_time():
    settings = step_settings(("tiny", 2, 48), (4, 8))
    first, second = random_batch(settings), random_batch(settings)
    assert torch.equal(first.frames, second.frames)
    assert first.clips(8).shape == (2, 8, 3, 48, 48)
