"""Label files as people have them: what is meant is taken, what is not clear is refused with file and place."""

import json
import shutil
import struct
import zlib

import pytest

from ffn.data.layouts.registry import open_dataset
from ffn.data.manifest import read_manifest
from ffn.data.verification import verify
from tests.damaged_videos import small_dataset


@pytest.fixture
def dataset(videos, tmp_path):
    """Something-Something V2's layout with three training and two validation clips."""
    return small_dataset(videos, tmp_path / "data", train=3, validation=2)


def change(dataset, name, edit):
    """Write a label file again, its content changed by ``edit``."""
    path = dataset / "labels" / name
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_lists_with_byte_order_marks_and_windows_lines_lose_no_video(root, made, encoding):
    for path in (root / "frames.json", root / "category.txt", *(root / "lists").iterdir()):
        path.write_bytes(path.read_text().replace("\n", "\r\n").encode(encoding))
    before, after = open_dataset(made), open_dataset(root)
    assert after.classes == before.classes
    for split in ("train", "validation"):
        assert [(video.id, video.label) for video in after.labelled(split)] == [
            (video.id, video.label) for video in before.labelled(split)
        ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_every_label_file_and_the_manifest_may_have_a_byte_order_mark(videos, dataset, encoding):
    shutil.copy(videos / "labels/test-answers.csv", dataset / "labels")
    verify(open_dataset(dataset), workers=0)
    before = {split: open_dataset(dataset).videos(split) for split in ("train", "validation", "test")}
    for path in (*(dataset / "labels").iterdir(), dataset / "manifest.csv"):
        path.write_bytes(path.read_text().encode(encoding))
    assert {split: open_dataset(dataset).videos(split) for split in before} == before


def test_ids_may_be_numbers_and_are_found_in_the_manifest(dataset):
    for number, path in enumerate(sorted((dataset / "20bn-something-something-v2").iterdir())):
        path.rename(path.with_name(f"{number}.webm"))
    for name, first in (("train.json", 0), ("validation.json", 3)):
        change(
            dataset, name, lambda entries, first=first: [entry | {"id": i} for i, entry in enumerate(entries, first)]
        )
    verify(open_dataset(dataset), workers=0)
    assert [video.id for video in open_dataset(dataset).labelled("validation")] == ["3", "4"]
    assert all(video.frames == 24 for video in open_dataset(dataset).videos("train"))


def test_the_map_may_have_brackets(dataset):
    before = open_dataset(dataset)
    change(dataset, "labels.json", lambda map: {name.replace("something", "[something]"): map[name] for name in map})
    assert open_dataset(dataset).classes == before.classes
    assert open_dataset(dataset).labelled("train") == before.labelled("train")


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (lambda entries: [], "lists no video"),
        (lambda entries: {"1": entries[0]}, "must be a list"),
        (lambda entries: [*entries, entries[0] | {"template": "x"}], "entry 4 has the same id 'train0' as entry 1"),
        (lambda entries: [*entries, {"id": "9", "template": None}], 'entry 4 must have an "id" and a "template"'),
        (lambda entries: [*entries, {"id": "9"}], 'entry 4 must have an "id" and a "template"'),
        (lambda entries: [*entries, entries[0] | {"id": None}], 'entry 4 must have an "id" and a "template"'),
        (lambda entries: [*entries, entries[0] | {"id": ""}], "entry 4 has no id"),
        (lambda entries: [*entries, "9"], 'entry 4 must have an "id" and a "template"'),
        (lambda entries: [*entries, {"id": "9", "template": "Juggling"}], "entry 4: the class 'Juggling' is not one"),
    ],
)
def test_an_unusable_entry_is_named_with_its_file_before_anything_is_read(dataset, edit, named):
    change(dataset, "train.json", edit)
    with pytest.raises(ValueError, match=f"train.json.*{named}"):
        verify(open_dataset(dataset), workers=0)
    assert read_manifest(dataset / "manifest.csv") == {}


@pytest.mark.parametrize(
    "edit",
    [
        lambda map: {name: int(map[name]) + 1 for name in map},
        lambda map: {name: 0 for name in map},
        lambda map: {**map, "[Moving] something up": 12},
    ],
)
def test_a_map_whose_indices_are_not_from_0_each_once_is_refused(dataset, edit):
    change(dataset, "labels.json", edit)
    with pytest.raises(ValueError, match="labels.json: the indices must be 0 to"):
        open_dataset(dataset)


def test_a_video_in_two_splits_is_refused(dataset):
    shutil.copy(dataset / "labels/train.json", dataset / "labels/validation.json")
    with pytest.raises(ValueError, match="'train0' is in the split validation and in train"):
        open_dataset(dataset).check()
    open_dataset(dataset).check(["validation"])


def test_videos_may_have_any_extension_but_not_two_that_could_be_meant(dataset):
    folder = dataset / "20bn-something-something-v2"
    for path in sorted(folder.iterdir()):
        path.rename(path.with_suffix(".MP4"))
    assert all(video.path.exists() for video in open_dataset(dataset).all_videos())
    shutil.copy(folder / "train0.MP4", folder / "train0.webm")
    assert open_dataset(dataset).labelled("train")[0].path.suffix == ".webm"
    (folder / "train0.webm").rename(folder / "train0.avi")
    with pytest.raises(ValueError, match="train0.webm could be .*train0.MP4 or .*train0.avi"):
        open_dataset(dataset).labelled("train")


def test_frames_may_be_numbered_from_0_and_end_in_upper_case(root):
    dataset = open_dataset(root)
    video, other = dataset.labelled("train")[:2]
    before = dataset.files(video.path)
    for number, path in enumerate(before):
        path.rename(path.with_name(f"IMG_{number:05d}.JPG"))
    assert [path.name for path in dataset.files(video.path)] == [f"IMG_{number:05d}.JPG" for number in range(24)]
    assert dataset.facts(video).frames == len(dataset.files(other.path)) == 24


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("path num_frames label\nclip 24 3\n", "line 1 must be `path num_frames label`"),
        ("label,youtube_id,time_start,time_end,split\n", "line 1 must be `path num_frames label`"),
        ("clip 24 1\n\nother 24 12\n", "line 3 has 12; they seem to count from 1"),
        ("clip 24 0\n\nother 24 12\n", "labels must be 0 to 11, line 3 has 12$"),
        ("clip 24 3\nother 24 3\nclip 24 4\n", "line 3 has the same id 'clip' as line 1"),
        ("\n", "lists no video"),
    ],
)
def test_an_unusable_list_of_frame_folders_is_named_with_its_line(root, text, named):
    (root / "lists/val.txt").write_text(text)
    with pytest.raises(ValueError, match=f"val.txt.*{named}"):
        open_dataset(root).labelled("validation")


def test_a_class_that_stands_twice_is_refused(root):
    with (root / "category.txt").open("a") as file:
        file.write("class 3\n")
    with pytest.raises(ValueError, match="category.txt: line 13 has the same class 'class 3' as line 4"):
        open_dataset(root)


def png(width, height, content):
    """A PNG file with any size in its header."""
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", content))
    parts = [struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
             for kind, data in chunks]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    "content", [png(60000, 60000, b""), png(56, 56, b"")[:-2], png(56, 56, b"")], ids=["bomb", "cut", "empty"]
)
def test_a_picture_that_cannot_be_decoded_is_a_bad_frame(root, content):
    dataset = open_dataset(root)
    video = dataset.labelled("train")[0]
    (video.path / "img_00007.jpg").write_bytes(content)
    verify(dataset, workers=0)
    assert "img_00007.jpg cannot be read" in dataset.videos("train")[0].unreadable
    assert not dataset.videos("train")[1].unreadable
