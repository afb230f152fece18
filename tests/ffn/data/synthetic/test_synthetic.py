"""The synthetic dataset: its files, its determinism, its restarts, and that one frame says nothing."""

import json
from collections import Counter
from dataclasses import replace

import av
import numpy as np
import pytest

from ffn.data.layouts.something_something import LABEL_FOLDER, VIDEO_FOLDER, SomethingSomething
from ffn.data.synthetic.dataset import SPLITS, SyntheticDataset, clips_of, draw_clip, encode_clip, synthesize
from ffn.data.synthetic.motions import MOTION_SETS
from ffn.data.synthetic.rendering import draw_scene, render

SMALL = SyntheticDataset(train=24, validation=12, test=12, frames=10, size=24, fps=6)


@pytest.fixture(scope="module")
def small_dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("small")
    synthesize(root, SMALL, workers=2)
    return root


def modification_times(root):
    return {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def frame_pixels(motion, frame, *, seed, num_frames=48):
    rng = np.random.default_rng(seed)
    return render(rng, draw_scene(rng, motion, num_frames), 56)[frame]


def test_files_decode_with_the_stated_frames_size_and_codec(small_dataset):
    for path in sorted((small_dataset / VIDEO_FOLDER).glob("*.webm"))[::6]:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            sizes = [(frame.width, frame.height) for frame in container.decode(stream)]
            assert stream.codec_context.name == "vp9"
            assert stream.average_rate == SMALL.fps
            # Verification compares with the duration, which the container states in milliseconds.
            assert container.duration / av.time_base == pytest.approx(SMALL.frames / SMALL.fps, abs=1e-3)
        assert sizes == [(SMALL.size, SMALL.size)] * SMALL.frames


def test_decoded_frames_resemble_the_drawn_ones(small_dataset):
    clip = next(clip for clip in clips_of(SMALL) if clip.split == "validation" and clip.index == 5)
    with av.open(str(small_dataset / VIDEO_FOLDER / f"{clip.id}.webm")) as container:
        decoded = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    drawn = draw_clip(SMALL, clip.split, clip.index)
    assert np.abs(decoded.astype(int) - drawn).mean() < 12


def test_each_identifier_has_one_file_and_one_split(small_dataset):
    videos = [video for split in SPLITS for video in SomethingSomething(small_dataset).labelled(split)]
    assert len({video.id for video in videos}) == len(videos) == 48
    assert {video.path for video in videos} == set((small_dataset / VIDEO_FOLDER).iterdir())


@pytest.mark.parametrize("split", SPLITS)
def test_classes_are_balanced(small_dataset, split):
    videos = SomethingSomething(small_dataset).labelled(split)
    assert Counter(video.label for video in videos) == {label: len(videos) // 12 for label in range(12)}


def test_label_files_agree_with_the_distribution(small_dataset):
    folder = small_dataset / LABEL_FOLDER
    assert set(json.loads((folder / "labels.json").read_text()).values()) == {str(index) for index in range(12)}
    for entry in json.loads((folder / "train.json").read_text()):
        filled = entry["template"].lower()
        for placeholder in entry["placeholders"]:
            filled = filled.replace("[something]", placeholder, 1)
        assert entry["label"] == filled
    tests = json.loads((folder / "test.json").read_text())
    assert tests == [{"id": video.id} for video in SomethingSomething(small_dataset).labelled("test")]


@pytest.mark.parametrize("motions", MOTION_SETS)
def test_a_set_has_twelve_distinct_templates(motions):
    assert len({motion.name for motion in MOTION_SETS[motions]}) == 12
    assert all(motion.num_objects in (1, 2) for motion in MOTION_SETS[motions])


def test_finished_folder_records_its_configuration_alone(small_dataset):
    assert SyntheticDataset(**json.loads((small_dataset / "dataset.json").read_text())) == SMALL
    assert {path.name for path in small_dataset.iterdir()} == {
        VIDEO_FOLDER,
        LABEL_FOLDER,
        "dataset.started.json",
        "dataset.json",
    }
    assert len(SomethingSomething(small_dataset).classes) == 12


@pytest.mark.parametrize("motions", MOTION_SETS)
def test_equal_seeds_draw_equal_frames_and_equal_bytes(motions):
    config = replace(SMALL, motions=motions)
    for index in range(12):
        first, second = (draw_clip(config, "train", index) for _ in range(2))
        np.testing.assert_array_equal(first, second)
        assert encode_clip(first, SMALL.fps) == encode_clip(second, SMALL.fps)


def test_splits_seeds_and_indices_draw_different_clips():
    clips = [draw_clip(SMALL, split, 0) for split in SPLITS]
    clips += [draw_clip(replace(SMALL, seed=1), "train", 0), draw_clip(SMALL, "train", 12)]
    assert len({clip.tobytes() for clip in clips}) == len(clips)


def test_more_clips_leave_the_earlier_ones_unchanged():
    larger = replace(SMALL, train=48, test=600)
    np.testing.assert_array_equal(draw_clip(SMALL, "test", 7), draw_clip(larger, "test", 7))


def test_second_call_changes_nothing(small_dataset):
    before = modification_times(small_dataset)
    synthesize(small_dataset, SMALL, progress=lambda done, total: pytest.fail("a finished dataset was worked on"))
    assert modification_times(small_dataset) == before


class Interruption(Exception):
    """Stands for whatever ends a run."""


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_run_goes_on_where_it_stopped(tmp_path, small_dataset, workers):
    def interrupt(done, total):
        if done == 20:
            raise Interruption

    with pytest.raises(Interruption):
        synthesize(tmp_path, SMALL, workers=workers, progress=interrupt)
    assert not (tmp_path / "dataset.json").exists()
    before = modification_times(tmp_path / VIDEO_FOLDER)
    assert len(before) >= 20
    steps = []
    synthesize(tmp_path, SMALL, workers=workers, progress=lambda done, total: steps.append((done, total)))
    after = modification_times(tmp_path / VIDEO_FOLDER)
    assert before.items() <= after.items()
    assert steps == [(done, 48) for done in range(len(before) + 1, 49)]
    for path in (path for path in small_dataset.rglob("*") if path.is_file()):
        assert (tmp_path / path.relative_to(small_dataset)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("lost_mark", [(), ("dataset.json",)])
def test_lost_files_are_made_again(tmp_path, lost_mark):
    synthesize(tmp_path, SMALL, workers=0)
    before = modification_times(tmp_path / VIDEO_FOLDER)
    lost = [tmp_path / VIDEO_FOLDER / f"{id}.webm" for id in (3, 30, 48)]
    for path in (*lost, *(tmp_path / name for name in lost_mark)):
        path.unlink()
    synthesize(tmp_path, SMALL, workers=0)
    after = modification_times(tmp_path / VIDEO_FOLDER)
    assert after.keys() == before.keys()
    assert {path for path in after if after[path] == before[path]} == before.keys() - set(lost)
    assert (tmp_path / "dataset.json").exists()


@pytest.mark.parametrize("field, value", [("seed", 1), ("motions", "fine"), ("train", 36)])
def test_another_configuration_is_refused(small_dataset, field, value):
    before = modification_times(small_dataset)
    with pytest.raises(ValueError, match=f"{field} .* pass another folder or remove it"):
        synthesize(small_dataset, replace(SMALL, **{field: value}))
    assert modification_times(small_dataset) == before


def test_interrupted_dataset_of_another_configuration_is_refused(tmp_path):
    def interrupt(done, total):
        raise Interruption

    with pytest.raises(Interruption):
        synthesize(tmp_path, SMALL, workers=0, progress=interrupt)
    with pytest.raises(ValueError, match="seed 0 instead of 1"):
        synthesize(tmp_path, replace(SMALL, seed=1))


def test_videos_of_unknown_origin_are_refused(tmp_path):
    (tmp_path / VIDEO_FOLDER).mkdir()
    with pytest.raises(ValueError, match="pass another folder"):
        synthesize(tmp_path, SMALL)


@pytest.mark.parametrize(
    "field, value",
    [
        ("motions", "fast"),
        ("train", 0),
        ("validation", -1),
        ("test", 2.0),
        ("frames", 1),
        ("size", 25),
        ("size", 8),
        ("fps", 0),
        ("seed", -1),
        ("seed", True),
    ],
)
def test_bad_fields_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"^{field} must"):
        SyntheticDataset(**{field: value})


@pytest.mark.parametrize(
    "motions, names",
    [
        ("slow", ("and then back again", "letting it rest", "Letting something rest")),
        ("slow", ("bounce", "pass each other", "until they touch")),
    ],
)
def test_motions_that_start_alike_share_their_first_frame(motions, names):
    alike = [motion for name in names for motion in MOTION_SETS[motions] if name in motion.name]
    assert len(alike) == 3
    for seed in range(4):
        first, *others = (frame_pixels(motion, 0, seed=seed) for motion in alike)
        for other in others:
            np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("motions", MOTION_SETS)
def test_brightness_of_a_frame_does_not_tell_classes_apart(motions):
    # The generators are the same for every class, so a difference could come from the class alone.
    means = np.array(
        [
            [frame_pixels(motion, 5, seed=seed, num_frames=10).mean() for seed in range(12)]
            for motion in MOTION_SETS[motions]
        ]
    )
    between_classes = means.mean(axis=1).std()
    assert between_classes < 0.25 * means.std(axis=1).mean()
