import json
import shutil

import pytest

from ffn.data.layouts.registry import open_dataset
from ffn.data.layouts.something_something import (
    FRAME_FOLDER,
    LABEL_FOLDER,
    VIDEO_FOLDER,
    SomethingSomething,
    SomethingSomethingFrames,
)


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


@pytest.fixture
def database(videos, tmp_path):
    """The small dataset as the earlier reproduction keeps it: the videos below ``data``, beside a hidden file."""
    (tmp_path / "database" / "data").mkdir(parents=True)
    shutil.copytree(videos / VIDEO_FOLDER, tmp_path / "database" / "data" / VIDEO_FOLDER)
    shutil.copytree(videos / LABEL_FOLDER, tmp_path / "database" / LABEL_FOLDER)
    (tmp_path / "database" / "data" / VIDEO_FOLDER / ".gitkeep").touch()
    return tmp_path / "database"


def contents(dataset):
    return {
        split: [(video.id, video.label, video.path.read_bytes()) for video in dataset.labelled(split)]
        for split in dataset.splits
    }


def test_videos_below_data_and_labels_elsewhere_are_the_same_dataset(videos, database, tmp_path):
    usual = open_dataset(videos)
    assert contents(open_dataset(database)) == contents(usual)
    labels = (database / LABEL_FOLDER).rename(tmp_path / "somewhere")
    for root in (database, database / "data", database / "data" / VIDEO_FOLDER):
        dataset = open_dataset(root, labels=labels)
        assert contents(dataset) == contents(usual)
        assert dataset.fingerprint() == usual.fingerprint()


def test_folders_of_frames_are_found_in_the_same_places(database, tmp_path):
    shutil.rmtree(database / "data" / VIDEO_FOLDER)
    frames = database / "data" / FRAME_FOLDER
    (frames / "train1").mkdir(parents=True)
    for dataset in (open_dataset(database), open_dataset(frames, labels=database / LABEL_FOLDER)):
        assert isinstance(dataset, SomethingSomethingFrames)
        assert dataset.path_of("train1") == frames / "train1"


def test_labels_elsewhere_that_cannot_be_used_are_refused_in_a_line(videos, made, tmp_path):
    for root, labels, error, named in (
        (made, videos / LABEL_FOLDER, ValueError, f"--labels is only .* but {made} holds frame folders"),
        (videos, videos, FileNotFoundError, f"{videos / 'labels.json'} is missing: --labels"),
        (tmp_path / "none", videos / LABEL_FOLDER, FileNotFoundError, "none is missing"),
    ):
        with pytest.raises(error, match=rf"{named}[^\n]*$"):
            open_dataset(root, labels=labels)
