import json
import shutil

import pytest

from ffn.data.layouts.registry import open_dataset
from ffn.data.layouts.something_something import SomethingSomething


@pytest.fixture
def labels(videos, tmp_path):
    """A copy of the label files, to be damaged."""
    shutil.copytree(videos / "labels", tmp_path / "labels")
    return tmp_path / "labels"


def test_splits_have_their_own_videos_and_every_file_exists(videos):
    splits = {split: SomethingSomething(videos).labelled(split) for split in ("train", "validation", "test")}
    paths = [video.path for found in splits.values() for video in found]
    assert len(set(paths)) == len(paths) == 96
    assert all(path.exists() for path in paths)
    assert {video.label for video in splits["train"]} == set(range(len(SomethingSomething(videos).classes)))


def test_brackets_of_a_template_do_not_matter(labels):
    train = json.loads((labels / "train.json").read_text())
    bare = [entry | {"template": entry["template"].replace("[", "").replace("]", "")} for entry in train]
    before = SomethingSomething(labels.parent).labelled("train")
    (labels / "train.json").write_text(json.dumps(bare))
    assert SomethingSomething(labels.parent).labelled("train") == before


@pytest.mark.parametrize("name", ["labels.json", "train.json", "test-answers.csv"])
def test_a_missing_file_is_named(labels, name):
    (labels / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        SomethingSomething(labels.parent).labelled("test" if name == "test-answers.csv" else "train")


def test_an_unknown_template_and_a_broken_map_are_named(labels):
    train = json.loads((labels / "train.json").read_text())
    (labels / "train.json").write_text(json.dumps([train[0] | {"template": "Eating [something]"}]))
    with pytest.raises(ValueError, match="Eating something"):
        SomethingSomething(labels.parent).labelled("train")
    (labels / "labels.json").write_text(json.dumps({"Eating something": "3"}))
    with pytest.raises(ValueError, match="labels.json"):
        SomethingSomething(labels.parent)


def test_an_unknown_split_is_named(videos):
    with pytest.raises(ValueError, match="split"):
        SomethingSomething(videos).labelled("holdout")


def test_the_fingerprint_follows_the_label_map(labels, videos):
    before = open_dataset(labels.parent).fingerprint()
    assert before == open_dataset(videos).fingerprint()
    classes = json.loads((labels / "labels.json").read_text())
    first, second = list(classes)[:2]
    (labels / "labels.json").write_text(json.dumps(classes | {first: classes[second], second: classes[first]}))
    assert open_dataset(labels.parent).fingerprint() != before
