"""A study's accuracies beside the published ones, in a sentence."""

from analysis.comparison.comparison import Comparison
from analysis.comparison.report_data import ReportData
from analysis.reading.roles import SEPARATED, role_look
from analysis.wording.formatting import number
from study.results.published import DATASETS, EACH, PAPER, published_arm


def published_of(report: ReportData, comparison: Comparison, label: str) -> dict[int, float]:
    """The paper's top-1 by frame count of an arm's counterpart, on the study's dataset; empty where it has none."""
    arm = comparison.arm(label)
    frames = EACH if arm["role"] == SEPARATED else arm["train_frames"]
    return published_arm(report.measurement.dataset or "", comparison.backbone, arm["role"], frames, arm["variant"])


def published_sentence(report: ReportData, comparison: Comparison) -> str:
    """What was published for TSM and FFN with the same data and protocol, or why nothing published is comparable."""
    reason = report.measurement.disagreement
    if reason:
        return f"No published figures are shown beside these: {reason}."
    measured = [sentence for label in comparison.arms if (sentence := _beside(report, comparison, label))]
    name = DATASETS[report.measurement.dataset][0]
    if not measured:
        return f"The paper ({PAPER}) has no arm of this study on {name} with {comparison.backbone}."
    return f"Published on {name} with the same protocol ({PAPER}): {'; '.join(measured)}."


def _beside(report: ReportData, comparison: Comparison, label: str) -> str:
    if comparison.arm(label)["role"] not in ("tsm", "ffn"):
        return ""
    figures = published_of(report, comparison, label)
    shared = {count: figures[count] for count in comparison.evaluated_counts(label) if count in figures}
    if not shared:
        return ""
    here = [
        f"{value:.2f} at {count} frames ({number(comparison.accuracy(label, count).value - value, '+.1f')} here)"
        for count, value in shared.items()
    ]
    return f"{role_look(comparison.arm(label)['role']).label} {', '.join(here)}"
