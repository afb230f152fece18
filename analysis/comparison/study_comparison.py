"""Several studies side by side: differences in protocol and training, and the accuracies of their common arms."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from analysis.comparison.comparison import Comparison, difference_over_clips
from analysis.comparison.report_data import ReportData
from analysis.reading.arms import with_backbone
from analysis.reading.configuration import shared_settings, trained_by
from analysis.reading.study_error import StudyError
from analysis.statistics.clip_statistics import holm
from analysis.statistics.estimates import Difference, Estimate


@dataclass(frozen=True, kw_only=True)
class ArmInStudy:
    """What one arm reaches in one study, by frame count."""

    arm: str
    study: str
    seeds: int
    accuracies: dict[int, Estimate]


@dataclass(frozen=True, kw_only=True)
class StudyDifference:
    """An arm in one study minus the same arm in another, by frame count, on the same clips.

    seeds: how many both have. The p values are after Holm's correction over the whole comparison.
    """

    arm: str
    study: str
    other: str
    seeds: int
    differences: dict[int, Difference]


@dataclass(frozen=True, kw_only=True)
class StudyComparison:
    """protocol: the differences in how the studies measured, a line each; without any they may be compared.

    training: the differences in settings that all trials of a study share. differences: empty where the protocol
    differs or there are no predictions on the same clips.
    """

    names: tuple[str, ...]
    protocol: tuple[str, ...]
    training: tuple[str, ...]
    arms: tuple[ArmInStudy, ...]
    differences: tuple[StudyDifference, ...]


def compare_studies(studies: Sequence[ReportData]) -> StudyComparison:
    """Compares two or more studies. Raises StudyError for one, and for a study without evaluations."""
    if len(studies) < 2:
        raise StudyError("compare needs the folders of two studies or more")
    for report in studies:
        if report.protocol is None:
            raise StudyError(f"{report.lack}: nothing to compare")
    names = _names(studies)
    protocol = _unequal(names, [_measured_by(report) for report in studies])
    return StudyComparison(
        names=names,
        protocol=protocol,
        training=_unequal(names, [_trained_by(report) for report in studies]),
        arms=tuple(_arms(names, studies)),
        differences=() if protocol else _corrected(_differences(names, studies)),
    )


def _names(studies: Sequence[ReportData]) -> tuple[str, ...]:
    """Each study's name, with its folder where two share a name."""
    names = [str(report.study.record.get("name") or report.study.folder.name) for report in studies]
    folders = [str(report.study.folder) for report in studies]
    return tuple(name if names.count(name) == 1 else f"{name} ({folder})" for name, folder in zip(names, folders))


def _measured_by(report: ReportData) -> dict[str, Any]:
    record, protocol = report.study.record, report.protocol
    data, measured = record.get("data") or {}, record.get("protocol") or {}
    return {
        "dataset fingerprint": data.get("fingerprint"),
        "classes": data.get("num_classes"),
        "split": protocol.split,
        "selection": protocol.selection,
        "clips": protocol.clips,
        "folds": protocol.folds,
        "sampling": protocol.sampling,
        "clips per video": protocol.clips_per_video,
        "crops": protocol.crops,
        "crop size": measured.get("crop_size"),
        "short side": measured.get("short_side"),
    }


def _trained_by(report: ReportData) -> dict[str, Any]:
    shared = shared_settings(list(trained_by(report.study.record).values()))
    shared.pop("seed", None)
    nested = {
        f"{name}.{key}": value for name, of in shared.items() if isinstance(of, dict) for key, value in of.items()
    }
    shared = {key: value for key, value in shared.items() if not isinstance(value, dict)}
    commits = {session.get("git_commit") or session.get("code_hash") for session in
               report.study.record.get("sessions") or []}  # fmt: skip
    return shared | nested | {"code": ", ".join(sorted(str(commit)[:10] for commit in commits if commit))}


def _unequal(names: Sequence[str], settings: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """ "crop size: 48 in A, 224 in B" for every key that all have with different values."""
    common = [key for key in settings[0] if all(key in other for other in settings)]
    return tuple(
        f"{key}: {', '.join(f'{other[key]} in {name}' for name, other in zip(names, settings))}"
        for key in common
        if any(other[key] != settings[0][key] for other in settings)
    )


def _arms(names: Sequence[str], studies: Sequence[ReportData]) -> list[ArmInStudy]:
    """Every arm of every study, grouped by arm."""
    found = [
        ArmInStudy(
            arm=with_backbone(label, comparison.backbone),
            study=name,
            seeds=int(comparison.arm_rows(label)["seed"].nunique()),
            accuracies={count: comparison.accuracy(label, count) for count in comparison.evaluated_counts(label)},
        )
        for name, report in zip(names, studies)
        for comparison in report.comparisons
        for label in comparison.arms
    ]
    order = list(dict.fromkeys(row.arm for row in found))
    return sorted(found, key=lambda row: order.index(row.arm))


def _differences(names: Sequence[str], studies: Sequence[ReportData]) -> list[StudyDifference]:
    arms = [
        {with_backbone(label, comparison.backbone): (comparison, label) for comparison in report.comparisons
         for label in comparison.arms} for report in studies
    ]  # fmt: skip
    found = []
    for first, second in combinations(range(len(studies)), 2):
        for title in arms[first]:
            differences = _paired(arms[first][title], arms[second][title]) if title in arms[second] else {}
            if differences:
                seeds = _shared_seeds(arms[first][title], arms[second][title])
                found.append(
                    StudyDifference(
                        arm=title, study=names[first], other=names[second], seeds=seeds, differences=differences
                    )
                )
    return found


def _corrected(rows: list[StudyDifference]) -> tuple[StudyDifference, ...]:
    adjusted = iter(holm([difference.p_value for row in rows for difference in row.differences.values()]))
    return tuple(
        replace(row, differences={count: difference._replace(p_value=float(next(adjusted)))
                                  for count, difference in row.differences.items()})
        for row in rows
    )  # fmt: skip


def _shared_seeds(*arms: tuple[Comparison, str]) -> int:
    return len(set.intersection(*(set(comparison.arm_rows(label)["seed"]) for comparison, label in arms)))


def _paired(one: tuple[Comparison, str], other: tuple[Comparison, str]) -> dict[int, Difference]:
    """By count, on the clips and the seeds that both have."""
    (comparison, label), (other_comparison, other_label) = one, other
    found = {
        count: difference_over_clips(comparison, (label, count), other_comparison, (other_label, count))
        for count in comparison.evaluated_counts(label)
    }
    return {count: difference for count, difference in found.items() if difference is not None}
