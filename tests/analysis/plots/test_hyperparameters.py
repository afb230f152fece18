from analysis.comparison.report_data import gather
from analysis.plots.hyperparameters import SHOWN_TRIALS, hyperparameters_plot
from tests.analysis.comparison.test_hyperparameters import searched


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
