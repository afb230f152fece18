"""The same networks on other frames of each video, or on more views of it, than the report shows."""

from dataclasses import replace

from analysis.comparison.comparison import Comparison, networks_of
from analysis.comparison.report_data import ReportData
from analysis.reading.predictions import read_predictions

KEY = ["trial", "adaptation", "eval_frames"]
PROTOCOL = ["sampling", "views"]
MEASURED = ["clips", "top1", "top5", "loss"]


def sampled_comparisons(report: ReportData, comparison: Comparison) -> dict[str, Comparison]:
    """The arms of `comparison` under each other sampling of frames that the study evaluated, by its name."""
    shown = report.results.views
    found = other_protocols(report, comparison)
    return {sampling: other for (sampling, views), other in found.items() if views == shown}


def viewed_comparisons(report: ReportData, comparison: Comparison) -> dict[str, Comparison]:
    """The arms of `comparison` under each number of views that the study evaluated beside the shown one."""
    shown = report.results.sampling
    found = other_protocols(report, comparison)
    return {views: other for (sampling, views), other in found.items() if sampling == shown}


def other_protocols(report: ReportData, comparison: Comparison) -> dict[tuple[str, str], Comparison]:
    """The arms of `comparison` by sampling and views, for every pair other than the report's."""
    study, others, results = report.study, report.results.others, report.results
    shown = others[(others["split"] == results.split) & (others["selection"] == results.selection)]
    found = {}
    for protocol, measured in shown.groupby(PROTOCOL):
        rows = comparison.rows.drop(columns=PROTOCOL + MEASURED).merge(measured[KEY + PROTOCOL + MEASURED], on=KEY)
        predictions = read_predictions(study.folder, results.split, results.selection, networks_of(rows), study.folds)
        found[protocol] = replace(comparison, rows=rows, predictions=predictions)
    return found
