"""A map over processes some of which die, and the cores that a container may use."""

import os
import signal
from concurrent.futures.process import BrokenProcessPool

import pytest

from ffn.cores import available_cores
from ffn.processes import AHEAD, parallel_map


def square(number):
    """Negative numbers kill their process."""
    if number < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


@pytest.mark.parametrize("deadly", [(0,), (9,), (3, 4, 19)])
def test_whoever_dies_is_named_and_the_others_go_on_in_order(deadly):
    numbers = [-number - 1 if number in deadly else number for number in range(20)]
    found = list(parallel_map(square, numbers, 2, died=lambda number: f"died at {-number - 1}"))
    assert found == [f"died at {number}" if number in deadly else number**2 for number in range(20)]
    assert len(numbers) > 2 * AHEAD


def test_one_process_is_enough_and_none_is_this_one():
    assert list(parallel_map(square, [1, -1, 2], 1, died=abs)) == [1, 1, 4]
    assert list(parallel_map(lambda number: number, [1, 2], 0)) == [1, 2]


def test_a_death_that_nobody_takes_is_raised():
    with pytest.raises(BrokenProcessPool):
        list(parallel_map(square, [1, -1], 1))


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, None),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({"cpu.max": "99900000 100000\n"}, None),
    ],
)
def test_cores_are_those_of_the_process_or_of_the_containers_quota(tmp_path, files, cores):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert available_cores(tmp_path) == (cores or len(os.sched_getaffinity(0)))
