"""Run the benchmarks: python -m experiments.benchmarks [--out DIR] [--repeats 5] [--only NAME ...] [--quick]

The tables are printed as they are measured; with --out, DIR has them in benchmarks.csv and benchmarks.json, described
in ``experiments.benchmarks.measure``, even if the run is ended early. With --quick only the benchmarks with a tiny size
run, to check that they work.
"""

import argparse
import importlib
from collections.abc import Iterator, Sequence

from experiments.benchmarks.measure import Measurement, begin, ended, show, show_surroundings, write
from study.terminal import console, print_what_is_possible, user_path

QUICK = ("step", "memory", "evaluation", "growth", "long_file", "feeding")
ALL = ("data", *QUICK, "compiling", "overhead")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and write the table."""
    print_what_is_possible()
    parsed = _parser().parse_args(arguments)
    record = begin("experiments.benchmarks", parsed.repeats)
    measurements: list[Measurement] = []
    terminal = console()
    for table in _tables(parsed.only or (QUICK if parsed.quick else ALL), parsed.repeats, quick=parsed.quick):
        show(table, terminal)
        measurements += table
        record = ended(record)
        if parsed.out is not None:
            write(parsed.out, "benchmarks", measurements, record)
    show_surroundings(record, terminal)
    if not record["hardware"]["gpus"]:
        print("No GPU: cases that need one were not run (ResNet-50 at 224 in batches of 32 and 64)")
    return 0


def _tables(names: Sequence[str], repeats: int, *, quick: bool) -> Iterator[list[Measurement]]:
    for name in names:
        benchmark = importlib.import_module(f"experiments.benchmarks.{name}")
        yield from benchmark.measure(repeats, quick=True) if quick else benchmark.measure(repeats)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks", description=__doc__)
    parser.add_argument("--out", type=user_path, metavar="DIR", help="folder for benchmarks.csv and benchmarks.json")
    parser.add_argument("--repeats", type=int, default=5, help="interleaved repeats of every variant (default 5)")
    parser.add_argument("--only", nargs="+", choices=ALL, help="only these benchmarks")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to test that the benchmarks run")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
