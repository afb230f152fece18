"""Terminals that cannot show every character."""

import io
import sys


def print_what_is_possible() -> None:
    """Print ``?`` for a character that the terminal's encoding lacks, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a test or a notebook may have put another stream there
            stream.reconfigure(errors="replace")
