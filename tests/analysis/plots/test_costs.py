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
    rows = [name.split("<br>")[0] for name in bars["minutes per trial"].y]
    assert rows == [arm for arm in arms if "Re-calibrated" not in arm]


def test_where_machines_vary_each_bar_names_its_own(full_plots):
    rows = dict(name.split("<br>", 1) for name in first(full_plots["throughput"]).data[0].y)
    assert "2 x EPYC 9654, NVIDIA H200" in rows["FFN {4,8,16}"]
    assert ">EPYC 9654, NVIDIA H200" in rows["TSM (16)"]
    assert "only bars of one machine" in full_plots["throughput"].reading


def test_an_arm_has_a_bar_per_machine_and_on_one_machine_none_is_named(make_study):
    folder = make_study(seeds=(0, 1, 2))
    trials = pd.read_csv(folder / "trials.csv")
    for machines, bars in ((["CPU", "CPU", "GPU"], 2), (["CPU"] * 3, 1)):
        on = trials["seed"].map(dict(enumerate(machines)))
        seconds = 60 * on.map({"CPU": 10, "GPU": 1})
        trials.assign(machine=on, seconds=seconds).to_csv(folder / "trials.csv", index=False)
        plot = throughput_plot(gather(folder))
        minutes = plot.tables["minutes per trial"]
        ffn = minutes[minutes["arm"] == "FFN {4,8,16}"]
        assert ffn["minutes per trial"].tolist() == [10, 1][:bars]
        assert ("only bars of one machine" in plot.reading) == (bars > 1)
        assert ("FFN {4,8,16}" in plot.views["minutes per trial"].data[0].y) == (bars == 1)


def test_bars_bear_whole_thousands(make_study):
    folder = make_study()
    trials = pd.read_csv(folder / "trials.csv").assign(seconds=60 * 1250.4)
    trials.to_csv(folder / "trials.csv", index=False)
    bars = throughput_plot(gather(folder)).views["minutes per trial"].data[0]
    assert set(bars.text) == {"1,250"}
    assert bars.texttemplate is None
