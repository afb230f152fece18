"""The command line: ``python -m study``.

Exit status 0: done; 1: some trial failed, or some video cannot be read; 2: unusable input or disk; 130: stopped.
"""

import argparse
import signal
import sys
from pathlib import Path

from rich.console import Console

from ffn.data.synthetic import SyntheticDataset
from ffn.training.retrofit import DEFAULT_PARTS, PARTS
from study.cluster.tracking import TRACKERS
from study.commands import run as commands

UNUSABLE, INTERRUPTED = 2, 130
STOPS = (signal.SIGINT, signal.SIGTERM)


def main(arguments: list[str] | None = None) -> int:
    """Parse and carry out one command."""
    parsed = _parser().parse_args(arguments)
    console = Console(file=sys.stdout)
    for stop in STOPS:  # a shell starts background jobs with SIGINT ignored
        signal.signal(stop, _interrupt)
    try:
        return parsed.command(parsed, console)
    except (ValueError, OSError) as error:
        print(f"study: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        mend = "; `python -m study resume DIR` goes on from the last checkpoints" if parsed.resumable else ""
        print(f"study: stopped{mend}", file=sys.stderr)
        return INTERRUPTED


def _interrupt(signum: int, frame: object) -> None:
    for stop in STOPS:  # a second one would end the clean-up, and leave Ray's processes behind
        signal.signal(stop, signal.SIG_IGN)
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m study", description=__doc__)
    parser.set_defaults(resumable=False)
    commands_of = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands_of)
    _add_show(commands_of)
    _add_resume(commands_of)
    _add_evaluate(commands_of)
    _add_export(commands_of)
    _add_retrofit(commands_of)
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
    _add_track(run)
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
    _add_track(resume)
    resume.set_defaults(command=commands.resume, resumable=True)


def _add_track(command: argparse.ArgumentParser) -> None:
    command.add_argument("--track", choices=TRACKERS, help="record the trials there too: pip install -e '.[tracking]'")


def _add_evaluate(parent: argparse._SubParsersAction) -> None:
    evaluate = parent.add_parser("evaluate", help="a checkpoint at any frame counts")
    evaluate.add_argument("--checkpoint", type=Path, required=True)
    evaluate.add_argument("--data", type=Path, required=True)
    evaluate.add_argument("--frames", type=int, nargs="+", required=True)
    evaluate.add_argument("--split", choices=("train", "validation", "test"), default="validation")
    evaluate.add_argument("--sampling", choices=("centre", "even", "segments"), default="centre",
                          help="the segments' centres, an even stride from a random frame, or a random frame of each "
                          "segment (default: %(default)s)")  # fmt: skip
    evaluate.add_argument("--out", type=Path, help="a folder for evaluations.csv and predictions.parquet")
    evaluate.set_defaults(command=commands.evaluate)


def _add_export(parent: argparse._SubParsersAction) -> None:
    export = parent.add_parser("export", help="one frame count's network as a file that needs nothing but torch")
    export.add_argument("--checkpoint", type=Path, required=True, help="this project's, or a released one")
    export.add_argument("--frames", type=int, required=True, help="the count that the file will take")
    export.add_argument("--out", type=Path, required=True, help="the file to write; torch.export.load reads it")
    export.set_defaults(command=commands.export)


def _add_retrofit(parent: argparse._SubParsersAction) -> None:
    retrofit = parent.add_parser("retrofit", help="make a trained TSM serve other frame counts; its own stays as it is")
    retrofit.add_argument("--checkpoint", type=Path, required=True, help="this project's, or a released one")
    retrofit.add_argument("--data", type=Path, required=True)
    retrofit.add_argument("--frames", type=int, nargs="+", required=True, help="the counts to train for")
    retrofit.add_argument("--parts", default=",".join(DEFAULT_PARTS),
                          help=f"what is trained for each, of {','.join(PARTS)} (default: %(default)s)")  # fmt: skip
    retrofit.add_argument("--epochs", type=int, default=5, help="default: %(default)s")
    retrofit.add_argument("--share", type=float, default=1.0, help="share of the training videos (default: all)")
    retrofit.add_argument("--trained-at", type=int, help="its own count (default: as it says; 16 if it was released)")
    retrofit.add_argument("--out", type=Path, default=Path("results/retrofit"), help="default: %(default)s")
    retrofit.set_defaults(command=commands.retrofit, resumable=True)


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
