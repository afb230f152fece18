"""``python -m study data verify`` and ``data index``."""

import json
from pathlib import Path

import pandas as pd
import pytest

from study.__main__ import main
from tests.damaged_videos import damage, small_dataset


@pytest.fixture
def dataset(videos, tmp_path):
    return small_dataset(videos, tmp_path / "data", train=12, validation=2)


def verify(root, *options):
    return main(["data", "verify", str(root), "--workers", "1", *options])


def test_a_sound_dataset_ends_with_status_0(dataset, capsys):
    assert verify(dataset) == 0
    assert f"All 14 videos can be read: {dataset / 'manifest.csv'}" in capsys.readouterr().out
    apart = dataset / "20bn-something-something-v2"
    assert verify(apart, "--labels", str(dataset / "labels")) == 0
    assert (apart / "manifest.csv").read_text() == (dataset / "manifest.csv").read_text()


def test_damaged_videos_end_with_status_1_their_number_and_the_place_to_look(dataset, capsys):
    ids = damage(dataset, "train")
    assert verify(dataset, "--workers", "2") == 1
    assert f"5 of 14 videos cannot be read: {dataset / 'manifest.csv'} says why" in capsys.readouterr().out
    manifest = pd.read_csv(dataset / "manifest.csv")
    assert list(manifest) == ["id", "frames", "height", "width", "fps", "codec", "sha256", "reason"]
    broken = {ids[kind] for kind in ("missing", "empty", "truncated", "text", "audio_only")}
    assert set(manifest[manifest["reason"].notna()]["id"]) == broken


def test_a_mended_dataset_is_sound_again(dataset, videos, tmp_path):
    damage(dataset, "train")
    verify(dataset)
    whole = small_dataset(videos, tmp_path / "whole", train=12, validation=2)
    for path in (whole / "20bn-something-something-v2").iterdir():
        path.replace(dataset / "20bn-something-something-v2" / path.name)
    assert verify(dataset) == 0


def test_unusable_folders_end_with_status_2_and_one_line(dataset, tmp_path, capsys):
    (dataset / "labels" / "train.json").write_text(json.dumps([{"id": "1"}]))
    for root, named in ((tmp_path / "nowhere", "nowhere"), (tmp_path, "frames.json"), (dataset, "train.json")):
        assert verify(root) == 2
        printed = capsys.readouterr().err
        assert named in printed
        assert printed.count("\n") == 1
    assert not (dataset / "manifest.csv").exists()


def test_too_few_workers_are_refused(dataset, capsys):
    assert verify(dataset, "--workers", "0") == 2
    assert "--workers" in capsys.readouterr().err


@pytest.fixture
def gestures(tmp_path):
    """A folder of files named by their class."""
    for label, size in (("up", 6), ("down", 7), ("unclassified", 2)):
        for number in range(size):
            (tmp_path / f"hand_{label}_{number}.MP4").touch()
    return tmp_path


def index(root, *options):
    return main(["data", "index", str(root), "--pattern", "hand_{class}_*.mp4", *options])


def test_an_index_says_what_it_found(gestures, capsys):
    assert index(gestures, "--exclude", "unclassified", "--folds", "2") == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["13 videos of 2 classes: down 7, up 6", "2 folds: 0 7, 1 6"]
    assert printed[2:] == ["left out: 2 videos of unclassified", f"Written: {gestures / 'videos.csv'}"]
    (gestures / "videos.csv").unlink()
    assert index(gestures, "--exclude", "unclassified") == 0
    assert "splits: train 9, validation 2, test 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "named"),
    [(["--folds", "7"], "'unclassified'"), (["--folds", "1"], "--folds"), (["--exclude", "x"], "--exclude"),
     (["--seed", "-1"], "--seed"), (["--pattern", "*"], "--pattern"), (["--pattern", "{class}.avi"], "no file")],
)  # fmt: skip
def test_what_cannot_be_indexed_ends_with_status_2_one_line_and_no_file(gestures, capsys, options, named):
    assert index(gestures, *options) == 2
    printed = capsys.readouterr().err
    assert named in printed
    assert printed.count("\n") == 1
    assert not (gestures / "videos.csv").exists()


def test_a_folder_that_is_missing_or_cannot_be_written_is_named(tmp_path, capsys):
    for root in (tmp_path / "nowhere", Path("/proc/self")):
        assert index(root) == 2
        assert str(root) in capsys.readouterr().err
