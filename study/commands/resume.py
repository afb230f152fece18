"""``study resume``: continue after any interruption."""

import argparse
from pathlib import Path

from rich.console import Console

from study.cluster.tracking import refuse_missing
from study.commands.shared import Subparsers, data_places, given_paths, report, track_arguments
from study.terminal import user_path


def add_to(subparsers: Subparsers, text: str) -> None:
    """Add this command's parser, which ``text`` describes."""
    parser = subparsers.add_parser("resume", help=text, parents=[track_arguments()])
    parser.add_argument("study", type=user_path, nargs="?", default=Path("results/demo"), help="default: %(default)s")
    parser.add_argument("--data", type=user_path, help="where the dataset's folder is now, if it was moved")
    parser.add_argument("--labels", type=user_path, help="where the folder of label files is now, if it was moved")
    parser.add_argument("--manifest", type=user_path, help="where the manifest is now, if it was moved")
    parser.set_defaults(command=resume, resumable=True)


def resume(arguments: argparse.Namespace, console: Console) -> int:
    """Continue the study, then report."""
    from study.cluster.connection import refuse_relative  # Ray takes seconds to import
    from study.cluster.session import resume_study

    refuse_relative({"the study": arguments.study, **given_paths(arguments, "data", "labels", "manifest")})
    refuse_missing(arguments.track)
    complete = resume_study(arguments.study, console, arguments.track, data_places(arguments))
    return report(arguments.study, complete, console)
