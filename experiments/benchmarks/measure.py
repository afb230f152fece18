"""What the benchmarks share: paired repeats, the table that they print, and the files that they leave.

NAME.csv     a row per measurement: benchmark, variant, value, unit, ratio, floor
NAME.json    hardware, versions, code, command, and the machine's load before and after
"""

import argparse
import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from ffn.files import write_atomically
from study.results.provenance import now, surroundings


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One variant's median. ``ratio`` is to the benchmark's baseline, ``floor`` the best that can be had, in ``unit``.

    Where more is better ratio above 1 is a gain, where less is better (seconds, bytes) ratio below 1.
    """

    benchmark: str
    variant: str
    value: float
    unit: str
    ratio: float | None = None
    floor: float | None = None


Variants = Mapping[str, Callable[[], float]]
"""By name, what measures a variant once."""


def interleaved(variants: Variants, repeats: int) -> dict[str, list[float]]:
    """Every variant's values, one a repeat; a repeat measures them all in turn, the next one in the other direction.

    What else the machine does then bears on all of them alike.
    """
    values: dict[str, list[float]] = {name: [] for name in variants}
    for repeat in range(repeats):
        for name in list(variants)[:: -1 if repeat % 2 else 1]:
            values[name].append(variants[name]())
    return values


def compared(
    benchmark: str, unit: str, variants: Variants, repeats: int, *, floor: float | None = None
) -> list[Measurement]:
    """Medians, and the median of each variant's ratios to the first one, the baseline, within a repeat."""
    values = interleaved(variants, repeats)
    baseline = next(iter(values.values()))
    return [
        Measurement(
            benchmark=benchmark,
            variant=name,
            value=median(found),
            unit=unit,
            ratio=median(value / base for value, base in zip(found, baseline)),
            floor=floor,
        )
        for name, found in values.items()
    ]


def command(name: str, question: str, measure: Callable[[int], Sequence[Measurement]]) -> None:
    """A benchmark's command line: measure with ``--repeats``, print the table, write it into ``--out``."""
    parser = argparse.ArgumentParser(prog=f"python -m experiments.benchmarks.{name}", description=question)
    parser.add_argument("--out", type=Path, help=f"folder for {name}.csv and {name}.json")
    parser.add_argument("--repeats", type=int, default=5, help="interleaved repeats of every variant (default 5)")
    arguments = parser.parse_args()
    if arguments.repeats < 1:
        parser.error("--repeats must be at least 1")
    begun = begin(f"experiments.benchmarks.{name}", arguments.repeats)
    measurements = measure(arguments.repeats)
    record = ended(begun)
    show(measurements, record, Console())
    if arguments.out is not None:
        write(arguments.out, name, measurements, record)


def begin(module: str, repeats: int) -> dict[str, Any]:
    """The record of a run of ``python -m module`` as it begins: time, load, code, versions, hardware."""
    return {"started": now(), "load_before": os.getloadavg(), "repeats": repeats, **surroundings(module)}


def ended(record: Mapping[str, Any]) -> dict[str, Any]:
    """``record`` with what is known at the end."""
    return {**record, "finished": now(), "load_after": os.getloadavg()}


def show(measurements: Sequence[Measurement], record: Mapping[str, Any], console: Console) -> None:
    """Print the table, and below it where it was measured."""
    table = Table("benchmark", "variant")
    for column in ("value", "unit", "ratio", "floor"):
        table.add_column(column, justify="left" if column == "unit" else "right")
    previous = None
    for row in measurements:
        if previous not in (None, row.benchmark):
            table.add_section()
        shown = row.benchmark if row.benchmark != previous else ""
        table.add_row(shown, row.variant, _number(row.value), row.unit, _number(row.ratio), _number(row.floor))
        previous = row.benchmark
    console.print(table)
    hardware, versions = record["hardware"], record["versions"]
    console.print(
        f"{hardware['cpu']}, {hardware['cores']} cores, {hardware['memory_gib']} GiB; GPUs {hardware['gpus']}"
    )
    console.print(", ".join(f"{package} {version}" for package, version in versions.items()))
    console.print(f"load {record['load_before'][0]:.1f} before, {record['load_after'][0]:.1f} after")


def write(folder: Path, name: str, measurements: Sequence[Measurement], record: Mapping[str, Any]) -> None:
    """Write the table and its record into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Measurement)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in measurements)
    write_atomically(folder / f"{name}.csv", text.getvalue().encode())
    write_atomically(folder / f"{name}.json", json.dumps(record, indent=1).encode())


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
