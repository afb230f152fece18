"""The report's plots in their order: what happened, how sure it is, what it cost, why, and how it was trained."""

from analysis.comparison.report_data import ReportData
from analysis.plots.accuracy import collapse_plot, recovery_plot
from analysis.plots.batchnorm import batchnorm_plot, recalibration_plot
from analysis.plots.benchmarks import benchmarks_plot
from analysis.plots.cascades import calibration_plot, cascade_plot
from analysis.plots.class_counts import class_counts_plot
from analysis.plots.classes import classes_plot
from analysis.plots.confusions import confusion_paths_plot, confusions_plot
from analysis.plots.costs import cost_plot, throughput_plot
from analysis.plots.differences import backbones_plot, differences_plot, distance_plot
from analysis.plots.hyperparameters import hyperparameters_plot, learning_rates_plot
from analysis.plots.protocols import sampling_plot, views_plot
from analysis.plots.style import Plot
from analysis.plots.training import learning_curves_plot, schedules_plot

OF_ACCURACIES = (
    collapse_plot,
    recovery_plot,
    differences_plot,
    backbones_plot,
    cost_plot,
    cascade_plot,
    calibration_plot,
    distance_plot,
    recalibration_plot,
    batchnorm_plot,
    classes_plot,
    class_counts_plot,
    confusions_plot,
    confusion_paths_plot,
    sampling_plot,
    views_plot,
    learning_rates_plot,
    hyperparameters_plot,
    schedules_plot,
)
OF_TRAINING = (learning_curves_plot, throughput_plot, benchmarks_plot)


def report_plots(report: ReportData) -> list[Plot]:
    """Every plot that the tables can give; one with nothing to draw is left out."""
    makers = (*OF_ACCURACIES, *OF_TRAINING) if report.protocol else OF_TRAINING[:1]
    return [plot for plot in (make(report) for make in makers) if plot.tables]
