"""The report's plots in their order, each with its title, how to read it, and its accessible label."""

from analysis.accuracy_plots import collapse_figure, recovery_figure
from analysis.comparison import Comparison
from analysis.plot_style import Plot
from analysis.protocol import Protocol
from analysis.selection import Results
from analysis.summary import findings, headline
from analysis.tables import Study
from analysis.training_plots import heat_map_views, learning_curve_views


def report_plots(
    study: Study, results: Results, comparisons: list[Comparison], protocol: Protocol | None
) -> list[Plot]:
    """Every plot that the tables can give; one with nothing to draw is left out."""
    plots = [_heat_map(results, comparisons), _learning_curves(study, results)]
    if protocol:
        plots = [_collapse(comparisons, protocol), _recovery(comparisons, protocol), *plots]
    return [plot for plot in plots if plot.views]


def _collapse(comparisons: list[Comparison], protocol: Protocol) -> Plot:
    judged = [comparison for comparison in comparisons if comparison.baseline]
    return Plot(
        name="collapse",
        title="The collapse",
        choice="backbone",
        reading="A network trained at one frame count is evaluated at others: the further the line drops below its"
        " value at the dotted line, the worse the collapse; the band is the 95 % interval.",
        label=" ".join(findings(comparison, protocol)[0] for comparison in judged),
        views={comparison.backbone: collapse_figure(comparison, protocol.views) for comparison in judged},
    )


def _recovery(comparisons: list[Comparison], protocol: Protocol) -> Plot:
    return Plot(
        name="recovery",
        title="The recovery",
        choice="backbone",
        reading="Separated Training's diamonds are what a network of its own reaches at each frame count; the nearer a"
        " line passes to them, the more of the collapse it recovers. Bars are 95 % intervals.",
        label=" ".join(headline(comparison, protocol) for comparison in comparisons),
        views={comparison.backbone: recovery_figure(comparison, protocol.views) for comparison in comparisons},
    )


def _heat_map(results: Results, comparisons: list[Comparison]) -> Plot:
    lowest = next((comparison.lowest for comparison in comparisons if comparison.lowest), None)
    return Plot(
        name="learning-rates",
        title="Learning rate by frame set",
        choice="evaluated at",
        reading=f"Each cell is the top-1 accuracy ({results.split} split) of one arm at one learning rate, mean over"
        " seeds; the tick marks the rate that the validation split chose, whatever the cell shows.",
        label="Heat map of top-1 accuracy by arm and learning rate; the table of all results holds its numbers.",
        views=heat_map_views(results, lowest),
    )


def _learning_curves(study: Study, results: Results) -> Plot:
    return Plot(
        name="learning-curves",
        title="Learning curves",
        choice="accuracy at",
        reading="Solid lines with markers are validation, dotted lines training; a wide distance between the two is"
        " overfitting, a line still rising at its end wants more epochs.",
        label="Top-1 accuracy and loss over epochs of every trial, for training and validation.",
        views=learning_curve_views(study, results.highest_tsm),
    )
