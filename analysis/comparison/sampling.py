"""The same networks on other draws of frames than evaluation's even stride."""

from dataclasses import replace

from analysis.comparison.comparison import Comparison, networks_of
from analysis.comparison.report_data import Evidence
from analysis.reading.predictions import read_predictions

KEY = ["trial", "method", "eval_frames"]
MEASURED = ["clips", "top1", "top5", "loss"]


def sampled_comparisons(evidence: Evidence, comparison: Comparison) -> dict[str, Comparison]:
    """The arms of `comparison` as they are on each other draw of frames that the study evaluated, by its name."""
    sampled, results = evidence.study.sampled, evidence.results
    shown = sampled[(sampled["split"] == results.split) & (sampled["selection"] == results.selection)]
    found = {}
    for sampling, drawn in shown.groupby("sampling"):
        rows = comparison.rows.drop(columns=MEASURED).merge(drawn[KEY + MEASURED], on=KEY)
        rows = rows.assign(method=rows["method"] + f"+{sampling}")
        predictions = read_predictions(evidence.study.folder, results.split, results.selection, networks_of(rows))
        found[sampling] = replace(comparison, rows=rows, predictions=predictions)
    return found
