"""``study data``: synthesize a dataset, or verify one."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from ffn.data.layouts.registry import open_dataset
from ffn.data.manifest import MANIFEST
from ffn.data.synthetic import SyntheticDataset, synthesize
from ffn.data.verification import verify
from study.commands.shared import Subparsers

UNREADABLE_VIDEOS = 1


def add_to(subparsers: Subparsers) -> None:
    """Add this command's parsers."""
    data = subparsers.add_parser("data", help="make or verify a dataset")
    commands = data.add_subparsers(required=True, metavar="COMMAND")
    drawing = commands.add_parser("synthesize", help="draw the synthetic motion clips")
    drawing.add_argument("folder", type=Path)
    defaults = SyntheticDataset()
    drawing.add_argument("--motions", choices=("slow", "fine"), default=defaults.motions)
    for name in ("train", "validation", "test", "seed"):
        drawing.add_argument(f"--{name}", type=int, default=getattr(defaults, name))
    drawing.set_defaults(command=synthesize_dataset)
    verifying = commands.add_parser("verify", help="read every video once and write manifest.csv beside them")
    verifying.add_argument("folder", type=Path)
    verifying.add_argument("--workers", type=int, help="processes (default: one for each core)")
    verifying.set_defaults(command=verify_dataset)


def synthesize_dataset(arguments: argparse.Namespace, console: Console) -> int:
    """Draw the synthetic dataset."""
    config = SyntheticDataset(motions=arguments.motions, train=arguments.train, validation=arguments.validation,
                              test=arguments.test, seed=arguments.seed)  # fmt: skip
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Drawing the synthetic videos", total=None)
        synthesize(arguments.folder, config, progress=lambda done, total: bar.update(task, completed=done, total=total))
    console.print(str(arguments.folder), soft_wrap=True)
    return 0


def verify_dataset(arguments: argparse.Namespace, console: Console) -> int:
    """Read every video of a dataset once, and write its manifest."""
    if arguments.workers is not None and arguments.workers < 1:
        raise ValueError(f"--workers must be 1 or more, got {arguments.workers}")
    dataset = open_dataset(arguments.folder)
    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=console, transient=True) as bar:
        task = bar.add_task("Reading the videos", total=None)
        rows = verify(
            dataset,
            workers=arguments.workers,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    unreadable = sum(bool(row.reason) for row in rows)
    manifest = arguments.folder / MANIFEST
    if unreadable:
        console.print(f"{unreadable} of {len(rows)} videos cannot be read: {manifest} says why", soft_wrap=True)
        return UNREADABLE_VIDEOS
    console.print(f"All {len(rows)} videos can be read: {manifest}", soft_wrap=True)
    return 0
