"""The command line: ``python -m study``.

Exit status 0: done; 1: some trial failed, or some video cannot be read; 2: unusable input or disk; 130: stopped.
"""

import argparse
import signal
import sys
from importlib import import_module

from study.terminal import console, print_what_is_possible

COMMANDS = {
    "run": "one experiment, start to report",
    "show": "the recipes of an experiment and how they differ from the released code",
    "resume": "continue after any interruption; finished trials are kept",
    "evaluate": "a checkpoint at any frame counts",
    "predict": "what a checkpoint sees in videos, at several frame counts",
    "export": "the network for one frame count as a file that needs only torch",
    "retrofit": "extend a trained network to other frame counts; at its own count nothing changes",
    "data": "make or verify a dataset",
}
"""Each is a module of study/commands, which is loaded if its command is used: some take seconds."""

UNUSABLE, INTERRUPTED = 2, 130
STOPS = (signal.SIGINT, signal.SIGTERM)


def main(arguments: list[str] | None = None) -> int:
    """Parse and run one command; its exit status."""
    print_what_is_possible()
    words = sys.argv[1:] if arguments is None else arguments
    parsed = _parser(*words[:1]).parse_args(words)
    for stop in STOPS:  # a shell starts background jobs with SIGINT ignored
        signal.signal(stop, _interrupt)
    try:
        return parsed.command(parsed, console())
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


def _parser(used: str = "") -> argparse.ArgumentParser:
    """With the arguments of the command that is ``used``."""
    parser = argparse.ArgumentParser(prog="python -m study", description=__doc__)
    parser.set_defaults(resumable=False)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command, text in COMMANDS.items():
        if command == used:
            import_module(f"study.commands.{command}").add_to(subparsers, text)
        else:
            subparsers.add_parser(command, help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
