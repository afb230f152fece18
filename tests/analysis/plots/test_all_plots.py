import pandas as pd
import pytest

from analysis.comparison.report_data import gather
from analysis.plots.all_plots import report_plots
from analysis.reading.roles import LOOKS
from tests.analysis.plots.figures import first

NAMES = [
    "collapse", "recovery", "differences", "cost", "cascade", "calibration", "distance", "recalibration", "batchnorm",
    "classes", "class-counts", "confusions", "confusion-paths", "learning-rates", "schedules", "learning-curves",
    "throughput",
]  # fmt: skip


def test_a_full_study_has_every_plot_but_the_one_that_needs_a_search(full_plots):
    assert list(full_plots) == NAMES


def test_every_plot_says_how_to_read_it_and_has_a_label(full_plots):
    for plot in full_plots.values():
        assert plot.reading.endswith(".")
        assert len(plot.label) > 40


def test_a_method_has_one_colour_in_every_plot(full_plots):
    for plot in ("recovery", "cost", "learning-curves", "classes"):
        for figure in full_plots[plot].views.values():
            of_ffn = [trace for trace in figure.data if (trace.name or "").startswith("FFN")]
            assert {trace.line.color or trace.marker.color for trace in of_ffn} <= {LOOKS["ffn"].color}


def test_a_figure_of_several_or_of_a_named_one_says_what_it_shows(full_plots):
    for name, shown in (("differences", "evaluated at: 8 frames"), ("batchnorm", "of: FFN {4,8,16}"),
                        ("confusions", "of: TSM (16) at 4 frames"), ("confusion-paths", "of: TSM (16) at 4 frames"),
                        ("learning-curves", "accuracy at: 8 frames")):  # fmt: skip
        plot = full_plots[name]
        figure = plot.views[shown.split(": ")[1]]
        axes = [axis.title.text or "" for axis in figure.select_xaxes()]
        assert sum(shown in title for title in (*axes, figure.layout.title.text or "")) == 1
    for name in ("collapse", "recovery"):
        assert "backbone" not in first(full_plots[name]).layout.xaxis.title.text
    assert first(full_plots["throughput"]).layout.xaxis.title.text == "clips per second"


def test_without_predictions_only_what_needs_them_is_missing(make_study):
    plots = [plot.name for plot in report_plots(gather(make_study()))]
    missing = {"cascade", "calibration", "batchnorm", "classes", "class-counts", "confusions", "confusion-paths"}
    assert plots == [name for name in NAMES if name not in missing]


def test_a_study_that_only_trains_has_its_learning_curves(make_study):
    folder = make_study()
    table = pd.read_csv(folder / "evaluations.csv")
    table.head(0).to_csv(folder / "evaluations.csv", index=False)
    assert [plot.name for plot in report_plots(gather(folder))] == ["learning-curves"]


def test_several_backbones_are_views_of_one_plot(write_tables):
    trials = [{"trial": f"{method}-{backbone}", "model": f"{method}_{backbone}", "method": method,
               "train_frames": frames, "seconds": 60} for backbone in ("resnet18", "resnet50")
              for method, frames in (("tsm", "16"), ("ffn", "4+16"))]  # fmt: skip
    rows = [{**trial, "eval_frames": count, "lr": 0.1, "seed": 0, "split": "test", "selection": "last", "clips": 600,
             "top1": 50.0, "gmacs_per_clip": count} for trial in trials for count in (4, 16)]  # fmt: skip
    plots = {plot.name: plot for plot in report_plots(gather(write_tables(trials=trials, evaluations=rows)))}
    for name in ("collapse", "recovery", "cost", "distance"):
        assert list(plots[name].views) == ["resnet18", "resnet50"]


@pytest.mark.parametrize("models, named", [
    (["tiny_vit", "ffn_tiny_vit"], "tiny_vit"),
    (["tsn_tiny", "ffn_tsn_tiny"], "TSN"),
    (["tsn_tiny", "ffn_tsn_tiny", "tiny_vit", "ffn_tiny_vit"], "the plain network"),
])  # fmt: skip
def test_a_network_that_is_no_tsm_is_not_called_one(write_tables, models, named):
    trials = [{"trial": model, "model": model, "method": "ffn" if model.startswith("ffn") else "tsm", "seconds": 60,
               "train_frames": "4+16" if model.startswith("ffn") else "16"} for model in models]  # fmt: skip
    rows = [{**trial, "eval_frames": count, "lr": 0.1, "seed": 0, "split": "test", "selection": "last", "clips": 600,
             "top1": 50.0, "gmacs_per_clip": count} for trial in trials for count in (4, 16)]  # fmt: skip
    plots = {plot.name: plot for plot in report_plots(gather(write_tables(trials=trials, evaluations=rows)))}
    assert named in plots["differences"].reading
    assert not any("TSM" in plot.reading + plot.label for plot in plots.values())
