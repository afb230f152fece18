"""What commands owe to terminals: characters that cannot be shown, lines in files, a home folder left as ~."""

import io
import os
import sys
from pathlib import Path

from rich.console import Console

UNBROKEN = 500
"""Columns of a line in a pipe, a file or a job's log."""


def print_what_is_possible() -> None:
    """Print ``?`` for a character that the terminal's encoding lacks, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a test or a notebook may have put another stream there
            stream.reconfigure(errors="replace")


def console() -> Console:
    """Prints to standard output, what looks like markup as it is; names and sentences stay whole but in a terminal."""
    width = None if sys.stdout.isatty() else UNBROKEN
    return Console(file=sys.stdout, width=width, markup=False, emoji=False)


def user_path(text: str) -> Path:
    """The path that an argument names; ~ is the home folder, also where a shell leaves it, as in --data=~/videos."""
    return Path(os.path.expanduser(text))  # unlike Path.expanduser it leaves what names no user as it is
