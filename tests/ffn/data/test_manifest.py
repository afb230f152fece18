import hashlib

import pytest

from ffn.data.layouts.registry import open_dataset
from ffn.data.layouts.something_something import VIDEO_FOLDER
from ffn.data.manifest import ManifestRow, read_manifest, write_manifest
from ffn.data.verification import verify
from tests.damaged_videos import FRAMES, damage, small_dataset


@pytest.fixture(scope="module")
def verified(videos, tmp_path_factory):
    """A verified dataset, damaged in its training split: folder, ids by kind, rows."""
    root = small_dataset(videos, tmp_path_factory.mktemp("data") / "verified", train=12, validation=3)
    ids = damage(root, "train")
    return root, ids, verify(open_dataset(root), workers=0)


def test_a_readable_video_is_described(verified):
    root, _, rows = verified
    row = {row.id: row for row in rows}["validation1"]
    content = (root / VIDEO_FOLDER / "validation1.webm").read_bytes()
    assert row == ManifestRow(
        id="validation1", frames=FRAMES, height=56, width=56, fps=12.0, codec="vp9",
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "the file is missing"),
        ("empty", "Invalid data"),
        ("truncated", "truncated"),
        ("text", "Invalid data"),
        ("audio_only", "no video stream"),
    ],
)
def test_what_cannot_be_read_has_its_reason_and_no_facts(verified, kind, reason):
    _, ids, rows = verified
    row = {row.id: row for row in rows}[ids[kind]]
    assert reason in row.reason
    assert "\n" not in row.reason
    assert row == ManifestRow(id=ids[kind], reason=row.reason)


@pytest.mark.parametrize(("kind", "frames"), [("one_frame", 1), ("no_duration", FRAMES), ("fewer_frames", 10)])
def test_unusual_files_that_can_be_read_have_no_reason(verified, kind, frames):
    _, ids, rows = verified
    row = {row.id: row for row in rows}[ids[kind]]
    assert (row.reason, row.frames, row.codec) == ("", frames, "vp9")


def test_what_is_written_is_read_again(verified):
    root, _, rows = verified
    assert list(read_manifest(root / "manifest.csv").values()) == rows
    assert [row.id for row in rows] == [*(f"train{i}" for i in range(12)), *(f"validation{i}" for i in range(3))]


def test_a_dataset_knows_what_its_manifest_says(verified):
    root, ids, _ = verified
    videos = {video.id: video for video in open_dataset(root).videos("train")}
    assert {id for id, video in videos.items() if video.unreadable} == {
        ids[kind] for kind in ("missing", "empty", "truncated", "text", "audio_only")
    }
    assert videos["train11"].frames == FRAMES


def test_videos_that_the_manifest_does_not_name_stay_as_they_are(verified):
    root, *_ = verified
    write_manifest(root / "manifest.csv", read_manifest(root / "manifest.csv").values())
    dataset = open_dataset(root)
    only_validation = [row for id, row in read_manifest(root / "manifest.csv").items() if id.startswith("validation")]
    write_manifest(root / "manifest.csv", only_validation)
    assert dataset.videos("train") == dataset.labelled("train")


def test_processes_change_nothing(videos, tmp_path):
    root = small_dataset(videos, tmp_path / "data", train=12, validation=1)
    damage(root, "train")
    calls = []
    alone = verify(open_dataset(root), workers=0)
    together = verify(open_dataset(root), workers=2, progress=lambda done, total: calls.append((done, total)))
    assert alone == together
    assert calls == [(done, 13) for done in range(1, 14)]


def test_a_folder_without_one_readable_video_is_refused_and_gets_no_manifest(videos, tmp_path):
    root = small_dataset(videos, tmp_path / "data", train=2, validation=1)
    for path in (root / VIDEO_FOLDER).iterdir():
        path.unlink()
    with pytest.raises(ValueError, match="none of its 3 videos .*train0.webm: the file is missing"):
        verify(open_dataset(root), workers=0)
    assert read_manifest(root / "manifest.csv") == {}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("path,length\n", "must have the columns id, frames"),
        (
            "id,frames,height,width,fps,codec,sha256,reason\na,many,,,,,,\n",
            "line 2: .*'many': verify the dataset again",
        ),
        ('id,frames,height,width,fps,codec,sha256,reason\n\na,1,2,3,"12,0",,,\n', "line 3: .*'12,0': verify"),
    ],
)
def test_a_file_of_another_kind_is_named(videos, tmp_path, text, named):
    root = small_dataset(videos, tmp_path / "data", train=2, validation=1)
    (root / "manifest.csv").write_text(text)
    with pytest.raises(ValueError, match=f"manifest.csv.*{named}"):
        open_dataset(root).videos("train")
