import pandas as pd

from analysis.statistics.alignment import aligned


def test_only_shared_seeds_and_clips_are_left_in_the_same_order():
    one = pd.DataFrame([[1, 0], [0, 0], [1, 1]], index=[5, 6, 7], columns=[0, 1])
    other = pd.DataFrame([[0, 1], [1, 0]], index=[7, 5], columns=[1, 2])
    first, second = aligned([one, other])
    assert first.tolist() == [[0, 1]]
    assert second.tolist() == [[1, 0]]


def test_networks_that_share_nothing_are_not_compared():
    one = pd.DataFrame([[1]], index=[5], columns=[0])
    assert aligned([one, one.set_axis([1], axis="columns")]) is None
    assert aligned([one, one.set_axis([9])]) is None
