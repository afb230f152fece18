import pytest

from tests.analysis.plots.reading import first, named


def test_the_parts_add_up_to_full_recovery(full_report, full_plots):
    comparison, figure = full_report.comparisons[0], first(full_plots["recalibration"])
    parts = [named(figure, name) for name in ("TSM (16)", "closed by re-calibration", "left")]
    sums = dict(zip(parts[0].x, map(sum, zip(*(part.y for part in parts)))))
    assert list(sums) == ["2", "4", "6", "8", "12"]
    assert sums["4"] == pytest.approx(comparison.accuracy("Separated Training (4)", 4).value)
    assert sums["12"] == pytest.approx(comparison.accuracy("TSM (16)", 16).value)
