from collections import Counter

import pytest

from ffn.training.frame_schedule import (
    FrameSchedule,
    Phase,
    constant,
    fine_tuned,
    in_phases,
    proportional,
    sampled,
    sandwich,
)

STEPS = 300


def sets(schedule, seed=0, steps=STEPS):
    return [schedule.frame_set(step, total_steps=steps, seed=seed) for step in range(steps)]


def test_constant_is_one_sorted_set():
    assert set(sets(constant(16, 4, 8))) == {(4, 8, 16)}
    assert constant(16, 4, 8).frame_counts == (4, 8, 16)


@pytest.mark.parametrize("schedule", [proportional(16, 4, probability=0.5), sampled((4, 16), (8, 16), (12, 16))])
def test_draws_replay_from_any_step_and_follow_the_seed(schedule):
    whole = sets(schedule)
    resumed = [schedule.frame_set(step, total_steps=STEPS, seed=0) for step in range(120, STEPS)]
    assert resumed == whole[120:]
    assert sets(schedule, seed=1) != whole


@pytest.mark.parametrize(
    ("schedule", "name"),
    [
        (constant(16), "16"),
        (constant(16, 4), "4+16"),
        (proportional(16, 4, probability=0.5), "4+16"),
        (fine_tuned(16, 4, share=0.5), "16->4"),
        (in_phases((4,), (4, 8), (4, 8)), "4->4+8"),
    ],
)
def test_names_as_the_published_tables_write_them(schedule, name):
    assert schedule.name == name


def test_proportional_draws_in_proportion():
    high = sets(proportional(16, 4, probability=0.75)).count((16,))
    assert abs(high / STEPS - 0.75) < 0.1


@pytest.mark.parametrize(
    "schedule",
    [
        constant(4, 8),
        fine_tuned(16, 4, share=0.3),
        in_phases((4,), (4, 8), (4, 8)),
        proportional(16, 4, probability=0.75),
        sandwich(4, 6, 8, 12, 16),
        FrameSchedule(phases=(Phase(frame_sets=((4,), (8,), (4,))), Phase(frame_sets=((8,),)))),
    ],
)
def test_expected_is_the_average_draw(schedule):
    seeds = 8
    drawn = Counter(counts for seed in range(seeds) for counts in sets(schedule, seed))
    expected = schedule.expected(STEPS)
    assert expected.keys() == drawn.keys()
    assert sum(expected.values()) == pytest.approx(STEPS)
    assert all(abs(drawn[counts] / seeds - times) < 0.05 * STEPS for counts, times in expected.items())


def test_a_sandwich_has_both_ends_and_each_count_between_equally_often():
    drawn = sets(sandwich(4, 6, 8, 12, 16))
    assert {counts[1] for counts in drawn} == {6, 8, 12}
    assert all((counts[0], counts[-1]) == (4, 16) and len(counts) == 3 for counts in drawn)
    assert all(abs(sum(count in counts for counts in drawn) / STEPS - 1 / 3) < 0.1 for count in (6, 8, 12))
    assert set(sets(sandwich(4, 6, 8, 16, between=2))) == {(4, 6, 8, 16)}


def test_phases_follow_each_other():
    drawn = sets(in_phases((4,), (8,), (16,)))
    assert drawn == [(4,)] * 100 + [(8,)] * 100 + [(16,)] * 100


def test_fine_tuning_starts_the_learning_rate_anew():
    schedule = fine_tuned(16, 4, share=0.25)
    assert sets(schedule) == [(16,)] * 225 + [(4,)] * 75
    progress = [schedule.progress(step, total_steps=STEPS) for step in (0, 224, 225, 299)]
    assert progress == pytest.approx([0, 224 / 225, 0, 74 / 75])


def test_progress_of_a_curriculum_runs_through():
    schedule = in_phases((4,), (16,))
    assert [schedule.progress(step, total_steps=100) for step in (0, 50, 99)] == [0, 0.5, 0.99]


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda: Phase(frame_sets=()), "frame_sets"),
        (lambda: Phase(frame_sets=((4, 4),)), "frame_counts"),
        (lambda: Phase(frame_sets=((4,), (8,)), probabilities=(1.0,)), "probabilities"),
        (lambda: Phase(frame_sets=((4,), (8,)), probabilities=(0.5, 0.6)), "probabilities"),
        (lambda: Phase(frame_sets=((4,),), share=0), "share"),
        (lambda: FrameSchedule(phases=()), "phases"),
        (lambda: sandwich(4, 16), "between"),
        (lambda: sandwich(4, 8, 16, between=2), "between"),
    ],
)
def test_unusable_values_are_named(build, named):
    with pytest.raises(ValueError, match=named):
        build()


@pytest.mark.parametrize("schedule", [in_phases((4,), (8,), (16,)), fine_tuned(16, 4, share=0.01),
                                      fine_tuned(16, 4, share=0.99)])  # fmt: skip
@pytest.mark.parametrize("steps", [3, 4, 10])
def test_no_phase_is_lost_in_a_short_training(schedule, steps):
    drawn = sets(schedule, steps=steps)
    assert {count for counts in drawn for count in counts} == set(schedule.frame_counts)
    assert sum(schedule.expected(steps).values()) == steps
    progress = [schedule.progress(step, total_steps=steps) for step in range(steps + 1)]
    assert progress[0] == 0 and progress[-1] == 1


def test_fewer_steps_than_phases_are_refused():
    with pytest.raises(ValueError, match="schedule: 3 phases cannot share 2 training steps"):
        in_phases((4,), (8,), (16,)).frame_set(0, total_steps=2, seed=0)
