import pytest

from analysis.comparison.differences import differences
from analysis.plots.differences import nearest_trained
from tests.analysis.plots.figures import first, named


def test_each_marker_is_a_paired_difference_and_filled_where_established(full_report, full_plots):
    trace = named(first(full_plots["differences"]), "minus Separated Training")
    rows = [row for row in differences(full_report.comparisons[0])["Separated Training"] if row.count == 4]
    assert list(trace.y) == [row.arm for row in rows]
    assert list(trace.x) == [row.difference.estimate.value for row in rows]
    assert ["open" not in symbol for symbol in trace.marker.symbol] == [row.established for row in rows]


def test_every_trained_count_is_a_view(full_plots):
    assert list(full_plots["differences"].views) == ["4 frames", "8 frames", "16 frames"]


@pytest.mark.parametrize(("count", "nearest"), [(2, 4), (6, 8), (10, 8), (12, 16), (24, 16)])
def test_the_nearest_count_serves_and_on_a_tie_the_higher(count, nearest):
    assert nearest_trained((4, 8, 16), count) == nearest


def test_a_network_at_its_own_count_loses_nothing_there(full_plots):
    trace = named(first(full_plots["distance"]), "TSM (16)")
    losses = dict(zip(trace.x, trace.y))
    assert losses[1] == 0
    assert losses[4 / 16] < losses[8 / 16] < 0


def test_ffn_is_measured_from_the_sub_network_that_serves(full_report, full_plots):
    trace = named(first(full_plots["distance"]), "FFN {4,8,16}")
    change = full_report.comparisons[0].difference("FFN {4,8,16}", 6, "FFN {4,8,16}", 8)
    assert change.estimate.value in trace.y
    assert trace.mode == "markers"
