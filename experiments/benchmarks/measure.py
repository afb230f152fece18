"""Paired repeats, the printed table, and the output files of benchmarks.

NAME.csv     a row per measurement: benchmark, variant, value, unit, ratio, floor
NAME.json    hardware, versions, code, command, and the machine's load before and after
"""

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import torch
from rich.console import Console
from rich.table import Table

from ffn.files import write_atomically
from study.results.provenance import now, surroundings


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A variant's median. ``ratio`` is relative to the benchmark's baseline, ``floor`` the best possible, in ``unit``.
    ``value`` is None for what does not fit into a GPU's memory.

    If more is better, a ratio above 1 is a gain; if less is better (seconds, bytes), below 1.
    """

    benchmark: str
    variant: str
    value: float | None
    unit: str
    ratio: float | None = None
    floor: float | None = None


Variants = Mapping[str, Callable[[], float]]
"""By name, a function that measures a variant once."""
Result = TypeVar("Result")


def fitting(makers: Mapping[str, Callable[[], Result]]) -> tuple[dict[str, Result], list[str]]:
    """What each function gives by name, and the names of those for which the GPU's memory is too small."""
    found = {name: _unless_too_large(make) for name, make in makers.items()}
    too_large = [name for name, result in found.items() if result is None]
    return {name: result for name, result in found.items() if result is not None}, too_large


def _unless_too_large(make: Callable[[], Result]) -> Result | None:
    with suppress(torch.OutOfMemoryError):
        return make()
    torch.cuda.empty_cache()  # once the error, which holds the tensors, is gone
    return None


def without_room(benchmark: str, unit: str, names: Sequence[str]) -> list[Measurement]:
    """Rows of what does not fit."""
    return [Measurement(benchmark=benchmark, variant=f"{name}: does not fit", value=None, unit=unit) for name in names]


def interleaved(variants: Variants, repeats: int) -> dict[str, list[float]]:
    """Every variant's values, one per repeat. A repeat measures all in turn, in alternating directions.

    Other load on the machine then affects all of them alike.
    """
    values: dict[str, list[float]] = {name: [] for name in variants}
    for repeat in range(repeats):
        for name in list(variants)[:: -1 if repeat % 2 else 1]:
            values[name].append(variants[name]())
    return values


def compared(
    benchmark: str, unit: str, variants: Variants, repeats: int, *, floor: float | None = None
) -> list[Measurement]:
    """Medians, and the median of each variant's ratios within a repeat to the first variant, the baseline; no rows
    without variants."""
    values = interleaved(variants, repeats)
    baseline = next(iter(values.values()), [])
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


def begin(module: str, repeats: int) -> dict[str, Any]:
    """The record at the start of ``python -m module``: time, load, code, versions, hardware."""
    return {"started": now(), "load_before": os.getloadavg(), "repeats": repeats, **surroundings(module)}


def ended(record: Mapping[str, Any]) -> dict[str, Any]:
    """``record`` with time and load at the end."""
    return {**record, "finished": now(), "load_after": os.getloadavg()}


def show(measurements: Sequence[Measurement], console: Console) -> None:
    """Print the table."""
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


def show_surroundings(record: Mapping[str, Any], console: Console) -> None:
    """Print hardware, versions and load."""
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
