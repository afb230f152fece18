"""Verification where a reader dies or a folder cannot be written to."""

import os
import signal
from functools import partial

import pytest

from ffn.data.layouts.registry import open_dataset
from ffn.data.manifest import read_manifest
from ffn.data.verification import verify
from tests.damaged_videos import small_dataset


@pytest.fixture
def root(videos, tmp_path):
    """Four training clips and a validation clip."""
    return small_dataset(videos, tmp_path / "data", train=4, validation=1)


def facts_or_death(facts, video):
    """What a decoder does that crashes at one video."""
    if video.id == "train2":
        os.kill(os.getpid(), signal.SIGKILL)
    return facts(video)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_video_that_kills_its_reader_is_named_and_the_others_are_read(root, workers):
    dataset = open_dataset(root)
    dataset.facts = partial(facts_or_death, dataset.facts)
    rows = verify(dataset, workers=workers)
    assert [(row.id, row.frames) for row in rows] == [
        ("train0", 24), ("train1", 24), ("train2", None), ("train3", 24), ("validation0", 24),
    ]  # fmt: skip
    assert "the process that read it died" in open_dataset(root).videos("train")[2].unreadable


def test_a_manifest_may_lie_elsewhere(root, tmp_path):
    elsewhere = tmp_path / "verified.csv"
    (root / "20bn-something-something-v2" / "train1.webm").unlink()
    verify(open_dataset(root, elsewhere), workers=0)
    assert not (root / "manifest.csv").exists()
    assert [bool(video.unreadable) for video in open_dataset(root, elsewhere).videos("train")] == [0, 1, 0, 0]
    assert not any(video.unreadable for video in open_dataset(root).videos("train"))


def test_a_folder_that_cannot_be_written_to_is_found_before_a_video_is_read(root, tmp_path):
    for manifest in (tmp_path / "nowhere" / "m.csv", tmp_path / "file" / "m.csv"):
        (tmp_path / "file").touch()
        dataset = open_dataset(root, manifest)
        dataset.facts = pytest.fail
        with pytest.raises(OSError, match=f"{manifest.parent} must be a folder that can be written to.*--manifest"):
            verify(dataset, workers=0)
    assert read_manifest(root / "manifest.csv") == {}
