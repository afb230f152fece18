"""What commands owe to terminals: characters that cannot be shown, and a home folder that the shell left as ~."""

import io
import os
import sys
from pathlib import Path


def print_what_is_possible() -> None:
    """Print ``?`` for a character that the terminal's encoding lacks, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a test or a notebook may have put another stream there
            stream.reconfigure(errors="replace")


def user_path(text: str) -> Path:
    """The path that an argument names; ~ is the home folder, also where a shell leaves it, as in --data=~/videos."""
    return Path(os.path.expanduser(text))  # unlike Path.expanduser it leaves what names no user as it is
