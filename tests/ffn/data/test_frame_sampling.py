import numpy as np
import pytest

import ffn
from ffn.data.frame_sampling import evaluation_indices, training_indices


@pytest.mark.parametrize("count", [1, 4, 5, 7, 8, 10, 12, 14, 16, 18, 20, 24, 32])
def test_evaluation_takes_the_released_arithmetic(count):
    for length in range(1, 400):
        released = [int(length / count / 2.0 + length / count * i) for i in range(count)]
        assert ffn.segment_indices(length, count).tolist() == (released if length > count else [0] * count)


def test_the_released_arithmetic_is_not_always_the_exact_centre():
    exact = [(2 * i + 1) * 48 // (2 * 14) for i in range(14)]
    assert ffn.segment_indices(48, 14).tolist() != exact


@pytest.mark.parametrize("length", [16, 17, 45, 117])
@pytest.mark.parametrize("count", [4, 8, 16])
def test_random_frames_stay_in_their_segments_and_reach_all_of_the_video(length, count):
    rng = np.random.default_rng(0)
    drawn = np.array([ffn.segment_indices(length, count, rng) for _ in range(2000)])
    edges = np.arange(count + 1) * length / count
    assert (drawn >= np.floor(edges[:-1])).all()
    assert (drawn < np.ceil(edges[1:])).all()
    assert set(np.unique(drawn)) == set(range(length))


@pytest.mark.parametrize(("length", "count"), [(45, 16), (48, 4), (17, 16), (16, 16), (117, 8)])
def test_the_released_training_rule_has_segments_of_whole_frames_and_leaves_the_tail_out(length, count):
    rng, frames = np.random.default_rng(0), length // count
    rows = [training_indices(length, count, rng, sampling="integer_segments", short_videos="first") for _ in range(500)]
    seen = [sorted(set(column)) for column in np.transpose(rows).tolist()]
    assert seen == [list(range(start, start + frames)) for start in range(0, frames * count, frames)]


def test_centres_are_not_random():
    rng = np.random.default_rng(0)
    indices = training_indices(48, 4, rng, sampling="centre", short_videos="last")
    assert indices.tolist() == ffn.segment_indices(48, 4).tolist()


def drawn(sampling, length=48, count=4, clips=400):
    rng = np.random.default_rng(0)
    rows = [training_indices(length, count, rng, sampling=sampling, short_videos="first") for _ in range(clips)]
    return np.array(rows)


def test_an_even_stride_begins_anywhere_in_the_first_segment():
    rows = drawn("even")
    assert (np.diff(rows, axis=1) == 12).all()
    assert set(rows[:, 0]) == set(range(12))
    assert (np.abs(np.diff(drawn("even", length=45, count=8), axis=1) - 45 / 8) < 1).all()


def test_a_mix_has_half_of_its_clips_at_an_even_stride():
    even = (np.diff(drawn("mix"), axis=1) == 12).all(axis=1)
    assert 0.4 < even.mean() < 0.6
    assert (np.diff(drawn("segments"), axis=1) == 12).all(axis=1).mean() < 0.05


@pytest.mark.parametrize("count", range(1, 33))
def test_shared_frames_are_among_those_of_every_multiple_and_one_of_each_segment(count):
    for length in range(count, 300, 7):
        indices = ffn.shared_indices(length, count)
        edges = np.arange(count + 1) * length / count
        assert (np.floor(edges[:-1]) <= indices).all() and (indices < np.ceil(edges[1:])).all()
        for times in range(1, length // count + 1):
            assert {*indices} <= {*ffn.shared_indices(length, count * times)}
    assert training_indices(99, count, np.random.default_rng(), sampling="shared", short_videos="first").tolist() == (
        ffn.shared_indices(99, count).tolist()
    )


def test_shared_frames_of_the_papers_counts_lie_inside_their_segments():
    positions = [ffn.shared_indices(9600, count) / (9600 / count) - np.arange(count) for count in (4, 8, 16)]
    assert [{*position.round(3)} for position in positions] == [{0.333}, {0.667}, {0.333}]


@pytest.mark.parametrize(("rule", "expected"), [("first", [0, 0, 0, 0]), ("last", [0, 1, 2, 2])])
def test_short_videos(rule, expected):
    rng = np.random.default_rng(0)
    assert training_indices(3, 4, rng, sampling="segments", short_videos=rule).tolist() == expected
    assert evaluation_indices(3, 4, rule).tolist() == expected


@pytest.mark.parametrize(("length", "count", "named"), [(0, 4, "length"), (4, 0, "count")])
def test_impossible_numbers_are_named(length, count, named):
    for indices in (ffn.segment_indices, ffn.shared_indices):
        with pytest.raises(ValueError, match=named):
            indices(length, count)
