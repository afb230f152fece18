from analysis.comparison.cascades import RULES
from tests.analysis.plots.figures import first, names


def test_a_cascade_is_drawn_by_rule(full_plots):
    assert list(full_plots["cascade"].views) == ["FFN {4,8,16}", "Separated Training"]
    for figure in full_plots["cascade"].views.values():
        assert tuple(names(figure)) == RULES


def test_calibration_has_a_line_per_arm(full_plots):
    assert names(first(full_plots["calibration"])) == [
        "FFN {4,8,16}", "Separated Training (4)", "Separated Training (8)", "TSM (16)",
    ]  # fmt: skip
