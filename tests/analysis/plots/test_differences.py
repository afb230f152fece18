from analysis.comparison.differences import differences
from tests.analysis.plots.reading import first, named


def test_each_marker_is_a_paired_difference_and_filled_where_established(full_report, full_plots):
    trace = named(first(full_plots["differences"]), "minus Separated Training")
    rows = [row for row in differences(full_report.comparisons[0])["Separated Training"] if row.count == 4]
    assert list(trace.y) == [row.arm for row in rows]
    assert list(trace.x) == [row.difference.estimate.value for row in rows]
    assert ["open" not in symbol for symbol in trace.marker.symbol] == [row.established for row in rows]


def test_every_trained_count_is_a_view(full_plots):
    assert list(full_plots["differences"].views) == ["4 frames", "8 frames", "16 frames"]
