import numpy as np
import pandas as pd
import pytest

from analysis.plots.classes import _pairs, confusion_table
from tests.analysis.plots.reading import first


def test_every_row_is_the_whole_of_a_class(full_plots):
    shares = np.array(first(full_plots["confusions"]).data[0].z)
    assert shares.shape == (12, 12)
    assert shares.sum(axis=1) == pytest.approx(100, abs=0.6)


def test_it_opens_with_the_collapsed_network(full_plots):
    assert list(full_plots["confusions"].views) == ["TSM (16) at 4 frames", "FFN {4,8,16} at 4 frames",
                                                    "TSM (16) at 16 frames"]  # fmt: skip


def test_of_many_classes_the_largest_confusions_are_shown():
    shares = pd.DataFrame(np.eye(50) * 100)
    shares.loc[3, 7], shares.loc[3, 3] = 60.0, 40.0
    bars = _pairs(confusion_table(shares, {})).data[0]
    assert (bars.y[0], bars.x[0]) == ("class 3 → class 7", 60)
    assert len(bars.y) == 25
