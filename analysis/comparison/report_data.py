"""The data of a report, read and compared once."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from analysis.comparison.comparison import Comparison, compare
from analysis.reading.arms import arm_looks
from analysis.reading.benchmarks import Benchmarks, read_benchmarks
from analysis.reading.protocol import Protocol, read_protocol
from analysis.reading.roles import Look
from analysis.reading.selection import Results, select_results
from analysis.reading.tables import Study, load_study
from study.results.published import Measurement
from study.results.schema import EVALUATIONS


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportData:
    """A study's tables, the settings that were chosen of them, and how the arms compare, per backbone.

    protocol: how the shown accuracies were measured; None for a study without evaluations. benchmarks: those in the
    study's folder.
    """

    study: Study
    results: Results
    comparisons: list[Comparison]
    protocol: Protocol | None
    benchmarks: Benchmarks | None

    @property
    def measurement(self) -> Measurement:
        """How the shown accuracies were measured, to decide whether published figures are comparable."""
        data, measured = self.study.record.get("data") or {}, self.study.record.get("protocol") or {}
        return Measurement(
            num_classes=data.get("num_classes"),
            clips=(data.get("clips") or {}).get("validation"),
            split=self.results.split,
            sampling=self.results.sampling,
            views=self.results.views,
            crop_size=measured.get("crop_size"),
            short_side=measured.get("short_side"),
        )

    @property
    def lack(self) -> str:
        """Of a study without a protocol: why there are no accuracies, with the file."""
        path, folds = self.study.folder / EVALUATIONS.file, self.study.folds
        if folds.incomplete.empty:
            return f"{path} is absent or empty"
        missing = sorted({int(fold) for text in folds.incomplete["missing"] for fold in text.split(", ")})
        return (
            f"{path} has no network with all of its {folds.number} folds, counted from 0 (missing:"
            f" {', '.join(map(str, missing))})"
        )

    @cached_property
    def looks(self) -> dict[str, Look]:
        """How each arm is drawn in every plot."""
        return {arm: look for comparison in self.comparisons for arm, look in arm_looks(comparison.rows).items()}

    @property
    def plain(self) -> str:
        """What the networks are called that are no FFN: TSM, or if the backbones' names differ, the plain network."""
        names = {comparison.plain for comparison in self.comparisons}
        return names.pop() if len(names) == 1 else "the plain network"

    @property
    def judged(self) -> list[Comparison]:
        """The comparisons whose baseline has been evaluated."""
        return [comparison for comparison in self.comparisons if comparison.baseline]


def gather(folder: str | Path) -> ReportData:
    """Reads a study's folder. Raises StudyError if it holds no study or a table is malformed."""
    study = load_study(folder)
    results = select_results(study)
    return ReportData(
        study=study,
        results=results,
        comparisons=compare(study, results),
        protocol=read_protocol(study, results),
        benchmarks=read_benchmarks(study.folder),
    )
