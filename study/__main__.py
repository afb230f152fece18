"""The command line: ``python -m study``.

Exit status 0: done; 1: some trial failed, or some video cannot be read; 2: unusable input or disk; 130: stopped.
"""

import argparse
import signal
import sys

from rich.console import Console

from study.commands import data, evaluate, export, predict, resume, retrofit, run, show
from study.terminal import print_what_is_possible

COMMANDS = (run, show, resume, evaluate, predict, export, retrofit, data)
UNUSABLE, INTERRUPTED = 2, 130
STOPS = (signal.SIGINT, signal.SIGTERM)


def main(arguments: list[str] | None = None) -> int:
    """Parse and run one command; its exit status."""
    print_what_is_possible()
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
        mend = "; `python -m study resume DIR` continues from the last checkpoints" if parsed.resumable else ""
        print(f"study: stopped{mend}", file=sys.stderr)
        return INTERRUPTED


def _interrupt(signum: int, frame: object) -> None:
    for stop in STOPS:  # a second signal would interrupt the clean-up and leave Ray's processes behind
        signal.signal(stop, signal.SIG_IGN)
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m study", description=__doc__)
    parser.set_defaults(resumable=False)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
