"""Videos found by the names of their files, and the folds and splits drawn for them."""

from collections import Counter

import pytest

from ffn.data.index import SHARES, FoundVideo, draw_parts, find_videos, write_index
from ffn.data.layouts.registry import open_dataset

FOLDS = {str(fold): 0.25 for fold in range(4)}


def make(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def found(root, pattern, exclude=()):
    return [(video.path, video.label, video.group) for video in find_videos(root, pattern, exclude)[0]]


@pytest.mark.parametrize(
    ("pattern", "path", "label", "group"),
    [
        ("clips/clip_{class}_*.mp4", "clips/clip_turn_left_12.mp4", "turn_left", ""),
        ("{class}_*_*", "turn_left_take_3.avi", "turn_left", ""),
        ("{class}/*", "turn left/a [1].MP4", "turn left", ""),
        ("{class}/*.mp4", "up/a.MP4", "up", ""),
        ("./{class}/v_{class}_g{group}_c??.avi", "up/v_up_g01_c02.avi", "up", "01"),
        ("**/{class}/{group}/*.*", "a/b/up/ann/1.mov", "up", "ann"),
        ("**/{class}/{group}/*.*", "up/ann/1.mov", "up", "ann"),
        ("x [1]/{class}.+*", "x [1]/up.+3", "up", ""),
    ],
)
def test_class_and_group_are_read_from_the_path(tmp_path, pattern, path, label, group):
    make(tmp_path, path, ".hidden/up/1.mp4", "._up_1.mp4", "other.txt")
    assert found(tmp_path, pattern) == [(path, label, group)]


def test_classes_can_be_left_out_and_links_are_followed(tmp_path):
    make(tmp_path, "elsewhere/1.mp4", "data/up/1.mp4", "data/none/1.mp4")
    (tmp_path / "data/down").symlink_to(tmp_path / "elsewhere")
    videos, excluded = find_videos(tmp_path / "data", "{class}/*", ["none"])
    assert ([video.path for video in videos], excluded) == (["down/1.mp4", "up/1.mp4"], 1)
    with pytest.raises(ValueError, match="'nome', but the classes are down, none, up"):
        find_videos(tmp_path / "data", "{class}/*", ["nome"])


def test_a_pattern_that_finds_nothing_or_no_class_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no file below"):
        find_videos(tmp_path, "{class}/*")
    with pytest.raises(ValueError, match="must contain {class}"):
        find_videos(tmp_path, "*/*")


def clips(sizes, groups=0):
    """Clips of each class, spread over a number of groups (0: none)."""
    return [
        FoundVideo(path=f"{label}/{number}", label=label, group=f"g{number % groups}" if groups else "")
        for label, size in sizes.items()
        for number in range(size)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_folds_are_stratified_and_of_equal_size(seed):
    videos = clips({"up": 22, "down": 21, "left": 5, "right": 4})
    parts = draw_parts(videos, FOLDS, seed)
    total, each = Counter(parts), Counter(zip((video.label for video in videos), parts))
    assert max(total.values()) - min(total.values()) <= 1
    for label in ("up", "down", "left", "right"):
        sizes = [each[label, part] for part in FOLDS]
        assert max(sizes) - min(sizes) <= 1


def test_splits_have_their_shares_of_every_class():
    videos = clips({"up": 100, "down": 40, "left": 4})
    parts = draw_parts(videos, SHARES, 0)
    each = Counter(zip((video.label for video in videos), parts))
    assert [each["up", split] for split in SHARES] == [70, 15, 15]
    assert [each["down", split] for split in SHARES] == [28, 6, 6]
    assert [each["left", split] for split in SHARES] == [2, 1, 1]


@pytest.mark.parametrize("shares", [FOLDS, SHARES], ids=["folds", "splits"])
def test_a_group_is_never_divided(shares):
    videos = clips({"up": 61, "down": 40}, groups=12)
    parts = draw_parts(videos, shares, 0)
    assert len({(video.group, part) for video, part in zip(videos, parts)}) == 12
    assert all(count > 5 for count in Counter(parts).values())


def test_the_seed_alone_decides():
    videos = clips({"up": 12, "down": 12})
    assert draw_parts(videos, FOLDS, 0) == draw_parts(videos, FOLDS, 0) != draw_parts(videos, FOLDS, 1)


@pytest.mark.parametrize("groups", [0, 3])
def test_a_class_too_small_for_the_folds_is_named(groups):
    sizes = {"up": 12, "down": 12 if groups else 3}
    with pytest.raises(ValueError, match="'(up|down)' has .* clips, in too few groups to give one to each of 4 parts"):
        draw_parts(clips(sizes, groups), FOLDS, 0)


def test_what_is_written_is_read_again_and_never_written_over(tmp_path):
    make(tmp_path, *(f'{name}/a, "b" [{number}].MP4' for name in ("2", "10") for number in range(4)))
    videos, _ = find_videos(tmp_path, "{class}/*")
    write_index(tmp_path, videos, "fold", draw_parts(videos, FOLDS, 0))
    dataset = open_dataset(tmp_path)
    assert (dataset.num_folds, dataset.classes) == (4, ("2", "10"))
    assert [video.id for video in dataset.all_videos()] == [video.path for video in videos]
    assert all(video.path.exists() for video in dataset.all_videos())
    write_index(tmp_path, videos, "fold", draw_parts(videos, FOLDS, 0))
    with pytest.raises(ValueError, match="videos.csv exists with other content"):
        write_index(tmp_path, videos, "fold", draw_parts(videos, FOLDS, 1))
