"""What the commands of ``python -m study`` do. Each returns the exit status."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

FAILED_TRIALS = 1


def run(arguments: argparse.Namespace, console: Console) -> int:
    """One experiment, start to report."""
    from study.experiment import load_experiment
    from study.run import run_study

    out = arguments.out or Path("results") / arguments.experiment.stem
    complete = run_study(load_experiment(arguments.experiment), out, arguments.data, console)
    return _reported(out, complete, console)


def resume(arguments: argparse.Namespace, console: Console) -> int:
    """Go on after an interruption."""
    from study.run import resume_study

    complete = resume_study(arguments.study, console)
    return _reported(arguments.study, complete, console)


def evaluate(arguments: argparse.Namespace, console: Console) -> int:
    """A checkpoint at any frame counts."""
    from study.evaluate_checkpoint import evaluate_checkpoint

    results = evaluate_checkpoint(
        arguments.checkpoint, arguments.data, tuple(arguments.frames), arguments.split, out=arguments.out
    )
    table = Table("frames", "clips", "top-1", "top-5", "GMACs per clip", box=None)
    for row in results.to_dict("records"):
        table.add_row(
            str(row["eval_frames"]), str(row["clips"]), f"{row['top1']:.2f}", f"{row['top5']:.2f}",
            f"{row['gmacs_per_clip']:.3f}",
        )  # fmt: skip
    console.print(table)
    return 0


def synthesize(arguments: argparse.Namespace, console: Console) -> int:
    """Draw the synthetic dataset."""
    from rich.progress import Progress

    from ffn.data.synthetic import SyntheticDataset, synthesize

    config = SyntheticDataset(motions=arguments.motions, train=arguments.train, validation=arguments.validation,
                              test=arguments.test, seed=arguments.seed)  # fmt: skip
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Drawing the synthetic videos", total=None)
        synthesize(arguments.folder, config, progress=lambda done, total: bar.update(task, completed=done, total=total))
    console.print(str(arguments.folder), soft_wrap=True)
    return 0


def _reported(root: Path, complete: bool, console: Console) -> int:
    from analysis import write_report

    console.print(f"Report: {write_report(root)}", soft_wrap=True)
    return 0 if complete else FAILED_TRIALS
