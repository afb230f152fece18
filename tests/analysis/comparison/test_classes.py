import numpy as np
import pandas as pd
import pytest

from analysis.comparison.classes import class_accuracies, class_estimates, class_names, class_sizes, confusions
from analysis.comparison.report_data import gather


def test_classes_have_names_where_the_study_tells_them():
    assert class_names({"data": {"classes": ["left", "right"]}}, pd.Index([0, 1])) == {0: "0: left", 1: "1: right"}
    assert class_names({"data": {}}, pd.Index([3])) == {3: "class 3"}


def test_confusions_over_seeds_hold_every_prediction(full_report):
    comparison = full_report.comparisons[0]
    shares = confusions(comparison, "TSM (16)", 4)
    assert shares.sum(axis=1).tolist() == pytest.approx([100] * 12)
    weights = class_sizes(comparison) / 600
    right = class_accuracies(comparison, "TSM (16)", 4)
    assert right.tolist() == pytest.approx(np.diag(shares).tolist())
    assert (right * weights).sum() == pytest.approx(comparison.accuracy("TSM (16)", 4).value, abs=0.01)


def test_a_class_is_less_certain_than_all_of_them_together(full_report):
    comparison = full_report.comparisons[0]
    estimates = class_estimates(comparison, "TSM (16)", 4)
    right = class_accuracies(comparison, "TSM (16)", 4)
    assert [estimate.value for estimate in estimates] == pytest.approx(right.tolist())
    whole = comparison.accuracy("TSM (16)", 4)
    assert all(low <= value <= high for value, low, high in estimates)
    assert min(high - low for _, low, high in estimates) > whole.high - whole.low


def test_without_predictions_there_are_none(make_study):
    comparison = gather(make_study()).comparisons[0]
    assert confusions(comparison, "TSM (16)", 4) is None
    assert class_accuracies(comparison, "TSM (16)", 4) is None
    assert class_estimates(comparison, "TSM (16)", 4) is None
