import numpy as np
import pandas as pd
import pytest

from analysis.reading.predictions import Network, read_predictions
from analysis.reading.study_error import StudyError

PLAIN = {"adaptation": "", "sampling": "centre", "views": "1x1", "eval_frames": 4}
A, B = Network("a", **PLAIN), Network("b", **PLAIN)


def rows(trial, classes, *, clips=(0, 1, 2, 3), split="test", selection="last", count=4, **protocol):
    facts = {"trial": trial, "split": split, "selection": selection, **PLAIN, "eval_frames": count, **protocol}
    return pd.DataFrame({**facts, "clip": clips, "label": [10, 11, 12, 13][: len(clips)], "top1": classes})  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    table = pd.concat([
        rows("a", [10, 11, 0, 0]), rows("a", [0, 0, 0, 0], count=8),
        rows("a", [0, 0, 0, 0], selection="best"), rows("a", [0, 0, 0, 0], split="validation"),
        rows("a", [10, 11, 12, 0], adaptation="recalibrated"),
        rows("a", [0, 0, 0, 0], sampling="segments"), rows("a", [10, 11, 12, 13], views="2x3"),
        rows("b", [10, 0], clips=(0, 1)),
    ])  # fmt: skip
    table.sample(frac=1, random_state=0).to_parquet(tmp_path / "predictions.parquet")
    return tmp_path


def test_only_the_networks_that_are_asked_for_are_read(folder):
    found = read_predictions(folder, "test", "last", [A, B])
    assert set(found.predicted) == {A, B}
    assert found.predicted[A].tolist() == [10, 11, 0, 0]
    assert found.labels.tolist() == [10, 11, 12, 13]
    assert found.accuracies == {A: 50, B: 50}


def test_clips_that_one_network_could_not_read_count_for_none(folder):
    correct = read_predictions(folder, "test", "last", [A, B]).correct([A, B])
    assert correct.index.tolist() == [0, 1]
    assert correct.to_numpy().tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize(("protocol", "top1"), [
    ({"adaptation": "recalibrated"}, 75), ({"sampling": "segments"}, 0), ({"views": "2x3"}, 100),
])  # fmt: skip
def test_another_protocol_is_another_network(folder, protocol, top1):
    network = Network("a", **PLAIN | protocol)
    assert read_predictions(folder, "test", "last", [network, A]).accuracies == {network: top1, A: 50}


def test_predictions_of_an_older_study_are_refused(folder):
    path = folder / "predictions.parquet"
    pd.read_parquet(path).drop(columns="adaptation").to_parquet(path)
    with pytest.raises(StudyError, match=r"predictions\.parquet: lacks the column 'adaptation'"):
        read_predictions(folder, "test", "last", [A])


def test_what_is_not_there_is_none(folder, tmp_path):
    assert read_predictions(folder, "test", "last", [A]).correct([A, B]) is None
    assert read_predictions(folder, "test", "last", [Network("c", **PLAIN)]) is None
    assert read_predictions(tmp_path / "elsewhere", "test", "last", [A]) is None


def test_the_files_of_the_trials_tell_the_same_as_their_union(folder):
    union = read_predictions(folder, "test", "last", [A, B])
    table = pd.read_parquet(folder / "predictions.parquet")
    for trial, own in table.groupby("trial"):
        (folder / "trials" / trial).mkdir(parents=True)
        own.to_parquet(folder / "trials" / trial / "predictions.parquet")
    (folder / "predictions.parquet").unlink()
    apart = read_predictions(folder, "test", "last", [A, B])
    assert all(np.array_equal(apart.predicted[network], union.predicted[network]) for network in (A, B))
