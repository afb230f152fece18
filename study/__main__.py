"""The command line: ``python -m study``.

Exit status 0: done; 1: some trial failed, or some video cannot be read; 2: unusable input; 130: stopped.
"""

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
    for stop in (signal.SIGINT, signal.SIGTERM):  # a shell starts background jobs with SIGINT ignored
        signal.signal(stop, _interrupt)
    try:
        return parsed.command(parsed, console)
    except (ValueError, FileNotFoundError) as error:
        print(f"study: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        mend = "; `python -m study resume DIR` goes on from the last checkpoints" if parsed.resumable else ""
        print(f"study: stopped{mend}", file=sys.stderr)
        return INTERRUPTED


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m study", description=__doc__)
    parser.set_defaults(resumable=False)
    commands_of = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands_of)
    _add_show(commands_of)
    _add_resume(commands_of)
    _add_evaluate(commands_of)
    _add_data(commands_of)
    return parser


def _add_run(parent: argparse._SubParsersAction) -> None:
    run = parent.add_parser("run", help="one experiment, start to report")
    _add_experiment(run)
    run.add_argument("--out", type=Path, help="the study's folder (default: results/ and the experiment's name)")
    run.add_argument("--data", type=Path, help="a dataset's folder (default: the experiment's synthetic dataset)")
    run.add_argument(
        "--dry-run", action="store_true", help="list trials, their size and an estimate of time; train nothing"
    )
    run.set_defaults(command=commands.run, resumable=True)


def _add_show(parent: argparse._SubParsersAction) -> None:
    show = parent.add_parser("show", help="the recipes of an experiment and how they differ from the released code")
    _add_experiment(show)
    show.set_defaults(command=commands.show)


def _add_experiment(command: argparse.ArgumentParser) -> None:
    command.add_argument("experiment", type=Path, help="a file such as experiments/demo.py")
    command.add_argument("--scale", choices=("paper", "demo"), default="paper",
                         help="demo: the same trials, the tiny network, the synthetic videos")  # fmt: skip
    command.add_argument("--seeds", type=int, default=1, help="repeat every trial with so many seeds")


def _add_resume(parent: argparse._SubParsersAction) -> None:
    resume = parent.add_parser("resume", help="go on after any interruption; finished trials are kept")
    resume.add_argument("study", type=Path, nargs="?", default=Path("results/demo"), help="default: %(default)s")
    resume.set_defaults(command=commands.resume, resumable=True)


def _add_evaluate(parent: argparse._SubParsersAction) -> None:
    evaluate = parent.add_parser("evaluate", help="a checkpoint at any frame counts")
    evaluate.add_argument("--checkpoint", type=Path, required=True)
    evaluate.add_argument("--data", type=Path, required=True)
    evaluate.add_argument("--frames", type=int, nargs="+", required=True)
    evaluate.add_argument("--split", choices=("train", "validation", "test"), default="validation")
    evaluate.add_argument("--out", type=Path, help="a folder for evaluations.csv and predictions.parquet")
    evaluate.set_defaults(command=commands.evaluate)


def _add_data(parent: argparse._SubParsersAction) -> None:
    data = parent.add_parser("data", help="make or verify a dataset").add_subparsers(required=True, metavar="COMMAND")
    synthesize = data.add_parser("synthesize", help="draw the synthetic motion clips")
    synthesize.add_argument("folder", type=Path)
    defaults = SyntheticDataset()
    synthesize.add_argument("--motions", choices=("slow", "fine"), default=defaults.motions)
    for name in ("train", "validation", "test", "seed"):
        synthesize.add_argument(f"--{name}", type=int, default=getattr(defaults, name))
    synthesize.set_defaults(command=commands.synthesize)
    verify = data.add_parser("verify", help="read every video once and write manifest.csv beside them")
    verify.add_argument("folder", type=Path)
    verify.add_argument("--workers", type=int, help="processes (default: one for each core)")
    verify.set_defaults(command=commands.verify)


if __name__ == "__main__":
    sys.exit(main())
