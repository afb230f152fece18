"""The command line: ``python -m study``. Exit status 0: done; 1: some trial failed; 2: unusable input; 130: stopped."""

import argparse
import signal
import sys
from pathlib import Path

from rich.console import Console

from ffn.data.synthetic import SyntheticDataset
from study import commands

UNUSABLE, INTERRUPTED = 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Parse and carry out one command."""
    parsed = _parser().parse_args(arguments)
    console = Console(file=sys.stdout)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return parsed.command(parsed, console)
    except (ValueError, FileNotFoundError) as error:
        print(f"study: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("study: stopped; `python -m study resume DIR` goes on from the last checkpoints", file=sys.stderr)
        return INTERRUPTED


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m study", description=__doc__)
    commands_of = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands_of)
    _add_resume(commands_of)
    _add_evaluate(commands_of)
    _add_data(commands_of)
    return parser


def _add_run(parent: argparse._SubParsersAction) -> None:
    run = parent.add_parser("run", help="one experiment, start to report")
    run.add_argument("experiment", type=Path, help="a file such as experiments/demo.py")
    run.add_argument("--out", type=Path, help="the study's folder (default: results/NAME)")
    run.add_argument("--data", type=Path, help="a dataset's folder (default: the experiment's synthetic dataset)")
    run.set_defaults(command=commands.run)


def _add_resume(parent: argparse._SubParsersAction) -> None:
    resume = parent.add_parser("resume", help="go on after any interruption; finished trials are kept")
    resume.add_argument("study", type=Path, nargs="?", default=Path("results/demo"), help="default: %(default)s")
    resume.set_defaults(command=commands.resume)


def _add_evaluate(parent: argparse._SubParsersAction) -> None:
    evaluate = parent.add_parser("evaluate", help="a checkpoint at any frame counts")
    evaluate.add_argument("--checkpoint", type=Path, required=True)
    evaluate.add_argument("--data", type=Path, required=True)
    evaluate.add_argument("--frames", type=int, nargs="+", required=True)
    evaluate.add_argument("--split", choices=("train", "validation", "test"), default="validation")
    evaluate.add_argument("--out", type=Path, help="a folder for evaluations.csv and predictions.parquet")
    evaluate.set_defaults(command=commands.evaluate)


def _add_data(parent: argparse._SubParsersAction) -> None:
    data = parent.add_parser("data", help="make a dataset").add_subparsers(required=True, metavar="COMMAND")
    synthesize = data.add_parser("synthesize", help="draw the synthetic motion clips")
    synthesize.add_argument("folder", type=Path)
    defaults = SyntheticDataset()
    synthesize.add_argument("--motions", choices=("slow", "fine"), default=defaults.motions)
    for name in ("train", "validation", "test", "seed"):
        synthesize.add_argument(f"--{name}", type=int, default=getattr(defaults, name))
    synthesize.set_defaults(command=commands.synthesize)


if __name__ == "__main__":
    sys.exit(main())
