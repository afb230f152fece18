"""Benchmarks in a study's folder, written by python -m experiments.benchmarks --out DIR."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.reading.study_error import StudyError
from analysis.reading.text_files import read_csv, read_json
from study.results.schema import BENCHMARKS

RECORD = "benchmarks.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class Benchmarks:
    """measurements: a row per variant, the first of a benchmark its baseline. record: where and how it was measured."""

    measurements: pd.DataFrame
    record: dict

    @property
    def machine(self) -> str:
        """Hardware, versions and how busy the machine was, in a line."""
        hardware, load = self.record["hardware"], self.record["load_before"][0]
        gpus = ", ".join(hardware["gpus"]) or "no GPU"
        versions = ", ".join(f"{package} {version}" for package, version in self.record["versions"].items())
        return f"{hardware['cpu']}, {hardware['cores']} cores, {gpus}; {versions}; load {load:.1f} at the start"


def read_benchmarks(folder: Path) -> Benchmarks | None:
    """The benchmarks in `folder`, None where there are none. Raises StudyError for malformed files."""
    path = folder / BENCHMARKS.file
    if not path.exists():
        return None
    measurements = read_csv(path, BENCHMARKS.texts)
    missing = [name for name in BENCHMARKS.columns if name not in measurements]
    if missing or not (folder / RECORD).exists():
        lack = f"lacks the column {missing[0]!r}" if missing else f"has no {RECORD} beside it"
        raise StudyError(f"{path}: {lack}; run python -m experiments.benchmarks --out {folder} again")
    record = read_json(folder / RECORD)
    return Benchmarks(measurements=measurements[[*BENCHMARKS.columns]], record=record)


def number(value: float) -> str:
    """Three digits, or whole thousands; nothing for what is missing."""
    return "" if pd.isna(value) else f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
