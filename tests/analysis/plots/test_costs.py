import pandas as pd

from analysis.comparison.report_data import gather
from analysis.plots.costs import cost_plot, throughput_plot
from tests.analysis.plots.figures import first, named, names


def test_nothing_that_costs_no_more_lies_above_the_frontier(full_plots):
    figure = first(full_plots["cost"])
    frontier = named(figure, "frontier")
    assert list(frontier.y) == sorted(frontier.y)
    points = [(x, y) for trace in figure.data if trace is not frontier for x, y in zip(trace.x, trace.y)]
    for cost, top1 in points:
        assert top1 <= max(best for price, best in zip(frontier.x, frontier.y) if price <= cost)


def test_separated_training_stands_at_its_own_count_alone(full_plots):
    figure = first(full_plots["cost"])
    assert [len(named(figure, f"Separated Training ({count})").x) for count in (4, 8)] == [1, 1]
    assert len(named(figure, "FFN {4,8,16}").x) == 7


def test_an_arm_of_unknown_cost_is_left_out(write_tables):
    rows = [{"trial": method, "method": method, "train_frames": "4", "eval_frames": 4, "lr": 0.1, "seed": 0,
             "split": "test", "selection": "last", "clips": 600, "top1": 50.0, "gmacs_per_clip": cost}
            for method, cost in (("tsm", 0.1), ("ffn", None))]  # fmt: skip
    assert names(first(cost_plot(gather(write_tables(evaluations=rows))))) == ["frontier", "TSM (4)"]


def test_speed_memory_and_time_are_means_over_seeds(full_report, full_plots):
    views = full_plots["throughput"].views
    assert list(views) == ["clips per second", "peak memory (GB)", "minutes per trial"]
    bars = {name: figure.data[0] for name, figure in views.items()}
    assert set(bars["clips per second"].x) == {180.5}
    assert set(bars["peak memory (GB)"].x) == {0.912}
    arms = full_report.comparisons[0].arms
    assert list(bars["minutes per trial"].y) == [arm for arm in arms if "Re-calibrated" not in arm]


def test_bars_bear_whole_thousands(make_study):
    folder = make_study()
    trials = pd.read_csv(folder / "trials.csv").assign(seconds=60 * 1250.4)
    trials.to_csv(folder / "trials.csv", index=False)
    bars = throughput_plot(gather(folder)).views["minutes per trial"].data[0]
    assert set(bars.text) == {"1,250"}
    assert bars.texttemplate is None
