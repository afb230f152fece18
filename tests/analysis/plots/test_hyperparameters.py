import numpy as np
import pandas as pd
import pytest

from analysis.comparison.report_data import gather
from analysis.plots.hyperparameters import SHOWN_RATES, SHOWN_TRIALS, hyperparameters_plot, learning_rates_plot
from tests.analysis.comparison.test_hyperparameters import searched
from tests.analysis.plots.figures import first


def test_it_opens_at_the_collapsed_count_then_the_gap_then_every_other(full_plots):
    others = [f"{count} frames" for count in (2, 6, 8, 12, 16, 24)]
    assert list(full_plots["learning-rates"].views) == ["4 frames", "gap from 16 to 4 frames", *others]


def test_the_chosen_rate_of_every_arm_is_marked(full_plots):
    heat_map = first(full_plots["learning-rates"]).data[0]
    assert all(sum("✓" in text for text in row) == 1 for row in heat_map.text)
    assert list(heat_map.x) == ["0.02", "0.05"]


def test_the_gap_is_the_difference_of_its_ends(full_plots):
    views = full_plots["learning-rates"].views
    high, low, gap = (np.array(views[name].data[0].z, float) for name in
                      ("16 frames", "4 frames", "gap from 16 to 4 frames"))  # fmt: skip
    assert gap == pytest.approx(high - low, abs=0.011, nan_ok=True)


def test_one_rate_needs_no_heat_map(make_study):
    assert not learning_rates_plot(gather(make_study(arms=(("tsm", "4"), ("tsm", "8"))))).views


def test_many_rates_share_columns(write_tables):
    rows = [{"trial": f"{rate}", "method": "ffn", "train_frames": "4", "eval_frames": 4, "lr": 1.1**rate / 1000,
             "seed": 0, "split": "test", "selection": "last", "clips": 600, "top1": 50.0}
            for rate in range(40)]  # fmt: skip
    heat_map = first(learning_rates_plot(gather(write_tables(evaluations=rows)))).data[0]
    assert len(heat_map.x) == SHOWN_RATES


def test_the_setting_that_matters_comes_first(write_tables):
    plot = hyperparameters_plot(gather(searched(write_tables)))
    assert list(plot.views) == ["importance", "weight_decay", "momentum"]
    bars = plot.views["importance"].data[0]
    assert dict(zip(bars.y, bars.x))["weight_decay"] == 1
    assert "With 19 settings" in plot.reading


def test_trials_that_were_stopped_are_open_markers(write_tables):
    figure = hyperparameters_plot(gather(searched(write_tables))).views["weight_decay"]
    assert sum("open" in symbol for symbol in figure.data[0].marker.symbol) == 1
    assert figure.layout.xaxis.type == "log"


def test_of_very_many_trials_a_part_is_drawn(write_tables):
    plot = hyperparameters_plot(gather(searched(write_tables, trials=3 * SHOWN_TRIALS)))
    assert len(plot.views["weight_decay"].data[0].x) == SHOWN_TRIALS
    assert "one in 3 is drawn" in plot.reading


def test_few_trials_have_no_importance(write_tables):
    assert not hyperparameters_plot(gather(searched(write_tables, trials=3))).views


def test_arms_of_one_method_are_told_apart(write_tables):
    folder = searched(write_tables)
    trials = pd.read_csv(folder / "trials.csv")
    trials["variant"] = np.where(np.arange(len(trials)) % 2, "wider", "")
    trials.to_csv(folder / "trials.csv", index=False)
    views = hyperparameters_plot(gather(folder)).views
    one, other = views["importance"].data
    assert one.marker.color == other.marker.color
    assert one.marker.pattern.shape != other.marker.pattern.shape
    one, other = views["weight_decay"].data
    assert one.marker.symbol[1].removesuffix("-open") != other.marker.symbol[1].removesuffix("-open")
