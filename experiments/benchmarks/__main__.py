"""Every benchmark in one run: python -m experiments.benchmarks [--out DIR] [--repeats 5] [--only NAME ...] [--quick]

The tables are printed as they are measured. DIR then holds benchmarks.csv and benchmarks.json, see
``experiments.benchmarks.measure``. With --quick only those benchmarks run that can be made tiny, to see that they work.
"""

import argparse
import importlib
from pathlib import Path

from rich.console import Console

from experiments.benchmarks.measure import Measurement, begin, ended, show, write

QUICK = ("step", "retrofit", "memory", "inference", "evaluation", "growth")
ALL = ("data", *QUICK, "overhead")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and write the table."""
    parsed = _parser().parse_args(arguments)
    record = begin("experiments.benchmarks", parsed.repeats)
    measurements: list[Measurement] = []
    for name in parsed.only or (QUICK if parsed.quick else ALL):
        found = _measure(name, parsed.repeats, quick=parsed.quick)
        record = ended(record)
        show(found, record, Console())
        measurements += found
    if not record["hardware"]["gpus"]:
        print("No GPU here: what is measured on one alone was not run (ResNet-50 at 224 in batches of 32 and 64)")
    if parsed.out is not None:
        write(parsed.out, "benchmarks", measurements, record)
    return 0


def _measure(name: str, repeats: int, *, quick: bool) -> list[Measurement]:
    benchmark = importlib.import_module(f"experiments.benchmarks.{name}")
    return benchmark.measure(repeats, quick=True) if quick else benchmark.measure(repeats)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for benchmarks.csv and benchmarks.json")
    parser.add_argument("--repeats", type=int, default=5, help="interleaved repeats of every variant (default 5)")
    parser.add_argument("--only", nargs="+", choices=ALL, help="some of them")
    parser.add_argument("--quick", action="store_true", help="tiny sizes; means nothing")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
