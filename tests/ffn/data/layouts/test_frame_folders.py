"""Folders of pictures with TSM's list files, made from small real videos."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from ffn.data.clips import ClipDataset, ClipRequest
from ffn.data.decoded_cache import DecodedCache, build_decoded_cache
from ffn.data.layouts.registry import open_dataset
from ffn.data.layouts.something_something import SomethingSomething
from ffn.data.verification import verify
from ffn.data.videos import BadClip, UnreadableVideoError
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from tests.damaged_videos import FRAMES
from tests.ffn.data.layouts.conftest import TEMPLATE, describe
from tests.ffn.data.samples import clip_of


@pytest.fixture
def preparation(tiny_settings):
    return tiny_settings().preparation


def test_videos_are_those_of_the_lists(made, videos):
    dataset = open_dataset(made)
    assert (dataset.splits, dataset.flip, dataset.classes[3]) == (("train", "validation"), True, "class 3")
    for split, size in (("train", 12), ("validation", 4)):
        found, sources = dataset.videos(split), SomethingSomething(videos).labelled(split)[:size]
        assert [video.label for video in found] == [video.label for video in sources]
        assert [video.id for video in found] == [f"{split} videos/clip {video.id}" for video in sources]


def test_clips_are_made_of_the_right_pictures(made, preparation):
    dataset = open_dataset(made)
    assert dataset.opener("decord") == dataset.open  # pictures are no video files
    clips = ClipDataset(dataset.videos("validation"), preparation, dataset.open, flip=dataset.flip)
    sample = clips[ClipRequest(index=1, frame_counts=(4, 8))]
    for count in (4, 8):
        for place, pixels in enumerate(clip_of(sample, count)):
            number = int((place + 0.5) * FRAMES / count) + 1
            with Image.open(clips.videos[1].path / TEMPLATE.format(number)) as picture:
                expected = np.asarray(picture)[4:52, 4:52]
            assert torch.equal(pixels, torch.from_numpy(expected.copy()).permute(2, 0, 1))


def test_training_clips_are_mirrored_by_their_key_where_the_dataset_allows_it(made, preparation):
    dataset = open_dataset(made)
    kept, mirrored = (
        ClipDataset(dataset.videos("train"), preparation, dataset.open, flip=flip) for flip in (False, True)
    )
    turned = []
    for key in range(24):
        request = ClipRequest(index=0, frame_counts=(2, 4), random_key=(0, key, 0))
        before, after, again = kept[request], mirrored[request], mirrored[request]
        turned.append(not torch.equal(clip_of(before, 2), clip_of(after, 2)))
        for count in (2, 4):
            assert torch.equal(
                clip_of(after, count), clip_of(before, count).flip(-1) if turned[-1] else clip_of(before, count)
            )
            assert torch.equal(clip_of(after, count), clip_of(again, count))
    assert 4 < sum(turned) < 20
    evaluation = ClipRequest(index=0, frame_counts=(2,))
    assert torch.equal(clip_of(kept[evaluation], 2), clip_of(mirrored[evaluation], 2))


def test_something_something_is_never_mirrored(videos):
    assert not open_dataset(videos).flip


@pytest.mark.parametrize("workers", [0, 2])
def test_a_network_trains_on_pictures(made, tiny_settings, tmp_path, workers):
    dataset = open_dataset(made)
    settings = tiny_settings(epochs=1, schedule=constant(2, 4), batch_size=6)
    train, validation = (
        ClipDataset(dataset.videos(split), settings.preparation, dataset.open, flip=dataset.flip)
        for split in ("train", "validation")
    )
    run = Training(settings, train, validation, num_classes=len(dataset.classes), loader_workers=workers)
    run.run(tmp_path)
    assert run.bad_clips == {"train": {}, "validation": {}}
    assert run.history[0]["train_loss_4"] > 0


def test_the_decoded_cache_holds_pictures_too(made, preparation, tmp_path):
    dataset = open_dataset(made)
    files = dataset.videos("validation")
    cache = DecodedCache(build_decoded_cache(files, tmp_path, dataset.open, short_side=256)).open
    request = ClipRequest(index=2, frame_counts=(4,))
    direct, cached = (ClipDataset(files, preparation, open_video)[request] for open_video in (dataset.open, cache))
    assert torch.equal(clip_of(direct, 4), clip_of(cached, 4))


def test_the_decoded_cache_keeps_why_a_folder_cannot_be_read(damaged, tmp_path):
    root, reasons = damaged
    dataset = open_dataset(root)
    cache = DecodedCache(build_decoded_cache(dataset.videos("train"), tmp_path, dataset.open, short_side=256))
    for path, reason in reasons.items():
        with pytest.raises(UnreadableVideoError, match=reason), cache.open(path):
            pass


def test_a_longer_folder_counts_as_long_as_its_list_says(root):
    dataset = open_dataset(root)
    video = dataset.videos("train")[0]
    shutil.copy(video.path / TEMPLATE.format(1), video.path / TEMPLATE.format(FRAMES + 1))
    assert len(dataset.files(video.path)) == FRAMES + 1
    assert video.usable_length(FRAMES + 1) == FRAMES


@pytest.fixture
def damaged(root):
    """The folder, and reasons by id."""
    lost, gap, empty, text, cut, sizes = (video.path for video in open_dataset(root).videos("train")[:6])
    shutil.rmtree(lost)
    (gap / TEMPLATE.format(9)).unlink()
    for file in empty.iterdir():
        file.unlink()
    (text / TEMPLATE.format(5)).write_text("no picture")
    whole = (cut / TEMPLATE.format(FRAMES)).read_bytes()
    (cut / TEMPLATE.format(FRAMES)).write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (40, 30)).save(sizes / TEMPLATE.format(FRAMES))
    reasons = ("No such file", "8 frames instead of 24", "0 frames", "img_00005.jpg", "img_00024.jpg", "differ in size")
    return root, dict(zip((lost, gap, empty, text, cut, sizes), reasons))


def test_verification_describes_pictures_and_names_what_is_wrong(damaged):
    root, reasons = damaged
    dataset = open_dataset(root)
    verify(dataset, workers=0)
    for video in dataset.videos("train"):
        assert reasons.get(video.path, "") in video.unreadable
        assert bool(video.unreadable) == (video.path in reasons)
    assert (root / "manifest.csv").read_text().splitlines()[-1].split(",")[1:6] == ["24", "56", "56", "", "jpg"]


def test_damaged_folders_are_bad_clips(damaged, preparation):
    root, reasons = damaged
    dataset = open_dataset(root)
    clips = ClipDataset(dataset.videos("train"), replace(preparation, short_videos="last"), dataset.open)
    for index, reason in enumerate(reasons.values()):
        answer = clips[ClipRequest(index=index, frame_counts=(FRAMES,))]
        assert isinstance(answer, BadClip)
        assert reason in answer.reason


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"template": "frame.jpg"}, "template"),
        ({"template": "{name}.jpg"}, "template"),
        ({"flip": "no"}, "flip"),
        ({"train": 3}, "train"),
        ({"test": False}, "test must be a text, got False"),
        ({"test": ""}, "test"),
        ({"frames": "pictures"}, "frames"),
    ],
)
def test_an_unusable_field_is_named_with_its_file(root, changes, named):
    describe(root, **changes)
    with pytest.raises(ValueError, match=f"frames.json: .*{named}"):
        open_dataset(root)


@pytest.mark.parametrize("line", ["clip 24", "clip many 3", "clip"])
def test_an_unusable_line_of_a_list_is_quoted(root, line):
    (root / "lists" / "val.txt").write_text(f"clip 24 3\n{line}\n")
    with pytest.raises(ValueError, match=f"val.txt: line 2 .*{line}"):
        open_dataset(root).videos("validation")


def test_missing_files_are_named(root, tmp_path):
    (root / "lists" / "val.txt").unlink()
    with pytest.raises(FileNotFoundError, match="val.txt"):
        open_dataset(root).videos("validation")
    with pytest.raises(FileNotFoundError, match="test"):
        open_dataset(root).videos("test")
    (root / "category.txt").unlink()
    with pytest.raises(FileNotFoundError, match="category.txt"):
        open_dataset(root)
    with pytest.raises(FileNotFoundError, match="must contain"):
        open_dataset(tmp_path)


def test_the_fingerprint_follows_lists_and_layout(root, made):
    assert open_dataset(root).fingerprint() == open_dataset(made).fingerprint()
    describe(root, flip=False)
    assert open_dataset(root).fingerprint() != open_dataset(made).fingerprint()
