import numpy as np
import pandas as pd
import pytest

from analysis.comparison.report_data import gather
from analysis.plots.class_counts import ENOUGH, class_counts_plot
from tests.analysis.made_study import write_predictions
from tests.analysis.plots.figures import first


def test_the_classes_together_have_the_accuracy_of_the_arm(full_report, full_plots):
    shares = pd.DataFrame(first(full_plots["class-counts"]).data[0].z)
    comparison = full_report.comparisons[0]
    arm = comparison.baseline
    expected = [comparison.accuracy(arm, count).value for count in comparison.evaluated_counts(arm)]
    assert shares.mean().tolist() == pytest.approx(expected, abs=0.1)


def test_each_class_needs_the_first_count_with_enough_of_its_highest_accuracy(full_plots):
    for table in full_plots["class-counts"].tables.values():
        shares = table.drop(columns=["class", "needs"])
        counts = [int(count) for count in shares.columns]
        for needs, row in zip(table["needs"], shares.to_numpy()):
            place = counts.index(needs)
            assert row[place] >= ENOUGH * row.max()
            assert np.all(row[:place] < ENOUGH * row.max())
        assert list(table["needs"]) == sorted(table["needs"], reverse=True)


def test_it_opens_with_the_collapsed_network(full_plots):
    assert list(full_plots["class-counts"].views)[0] == "TSM (16)"


def test_a_class_that_is_never_right_needs_no_count(make_study):
    folder = make_study()
    write_predictions(folder)
    for path in folder.rglob("predictions.parquet"):
        table = pd.read_parquet(path)
        table.loc[(table["label"] == 3), "top1"] = 4
        table.to_parquet(path)
    plot = class_counts_plot(gather(folder))
    assert next(iter(plot.tables.values()))["needs"].isna().sum() == 1
    assert first(plot).data[0].y[0].endswith("(never right)")
