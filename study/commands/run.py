"""What the commands of ``python -m study`` do. Each returns the exit status."""

import argparse
from dataclasses import fields
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from ffn.training.recipe import RELEASED
from study.cluster.jobs import refuse_relative
from study.cluster.tracking import refuse_missing
from study.plan.experiment import Experiment, load_experiment
from study.plan.scale import at_demo_scale, over_seeds

FAILED_TRIALS = UNREADABLE_VIDEOS = 1


def run(arguments: argparse.Namespace, console: Console) -> int:
    """One experiment, start to report."""
    from study.cluster.session import run_study

    experiment = _experiment(arguments)
    if arguments.dry_run:
        return _show_plan(experiment, arguments.data, console)
    refuse_relative({"--out": arguments.out, "--data": arguments.data})
    refuse_missing(arguments.track)
    out = arguments.out or Path("results") / experiment.name
    complete = run_study(experiment, out, arguments.data, console, arguments.track)
    return _reported(out, complete, console)


def show(arguments: argparse.Namespace, console: Console) -> int:
    """The recipe of every trial, and what differs from the released code."""
    from study.plan.estimate import recipes_of

    for recipe, names in recipes_of(_experiment(arguments)).items():
        console.print(f"{len(names)} trials: {', '.join(names)}", style="bold", soft_wrap=True)
        table = Table("row", "value", "released code", box=None)
        different = recipe.differences(RELEASED)
        for field in fields(recipe):
            value = str(getattr(recipe, field.name))
            table.add_row(field.name, value, str(different[field.name][1]) if field.name in different else "the same")
        console.print(table)
    return 0


def resume(arguments: argparse.Namespace, console: Console) -> int:
    """Go on after an interruption."""
    from study.cluster.session import resume_study

    refuse_relative({"the study": arguments.study})
    refuse_missing(arguments.track)
    complete = resume_study(arguments.study, console, arguments.track)
    return _reported(arguments.study, complete, console)


def retrofit(arguments: argparse.Namespace, console: Console) -> int:
    """Branches for other frame counts beside a trained TSM."""
    from study.cluster.session import run_study
    from study.commands.retrofit import before_and_after, retrofit_experiment, retrofitted_checkpoint

    refuse_relative({"--checkpoint": arguments.checkpoint, "--out": arguments.out, "--data": arguments.data})
    experiment = retrofit_experiment(
        arguments.checkpoint,
        arguments.data,
        arguments.frames,
        arguments.parts.split(","),
        epochs=arguments.epochs,
        share=arguments.share,
        start_frames=arguments.trained_at,
    )
    complete = run_study(experiment, arguments.out, arguments.data, console)
    if complete:
        table = Table("frames", "top-1 before", "after", box=None)
        for frames, row in before_and_after(experiment, arguments.out, arguments.data).iterrows():
            table.add_row(str(frames), f"{row['before']:.2f}", f"{row['after']:.2f}")
        console.print(table)
        console.print(f"Checkpoint: {retrofitted_checkpoint(experiment, arguments.out)}", soft_wrap=True)
    return _reported(arguments.out, complete, console)


def evaluate(arguments: argparse.Namespace, console: Console) -> int:
    """A checkpoint at any frame counts."""
    from study.commands.evaluate import evaluate_checkpoint

    results = evaluate_checkpoint(
        arguments.checkpoint,
        arguments.data,
        tuple(arguments.frames),
        arguments.split,
        sampling=arguments.sampling,
        out=arguments.out,
    )
    paper = ["the paper's"] if results.published else []
    table = Table("frames", "clips", "top-1", *paper, "top-5", "GMACs per clip", box=None)
    for row in results.table.to_dict("records"):
        published = [f"{value:.2f}" if (value := results.published.get(row["eval_frames"])) else ""] if paper else []
        table.add_row(
            str(row["eval_frames"]),
            str(row["clips"]),
            f"{row['top1']:.2f}",
            *published,
            f"{row['top5']:.2f}",
            f"{row['gmacs_per_clip']:.3f}",
        )
    console.print(table)
    for clip in results.bad:
        console.print(f"Not counted: {clip}", style="red", soft_wrap=True)
    console.print("One clip and one centre crop a video; the paper's: arXiv 2303.14817" if paper else
                  "One clip and one centre crop a video", style="dim")  # fmt: skip
    return 0


def export(arguments: argparse.Namespace, console: Console) -> int:
    """One frame count's network as a file, and what each of its counts costs."""
    from study.commands.export import costs, export_checkpoint

    opened = export_checkpoint(arguments.checkpoint, arguments.frames, arguments.out)
    table = Table("frames", "parameters", "GMACs per clip", "ms per clip here", box=None)
    for cost in costs(opened, arguments.frames):
        table.add_row(str(cost.frames), f"{cost.parameters:,}", f"{cost.gmacs:.3f}", f"{1e3 * cost.seconds:.1f}")
    console.print(table)
    console.print(f"Network for {arguments.frames} frames: {arguments.out}", soft_wrap=True)
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


def verify(arguments: argparse.Namespace, console: Console) -> int:
    """Read every video of a dataset once, and write its manifest."""
    from rich.progress import MofNCompleteColumn, Progress

    from ffn.data.layouts.registry import open_dataset
    from ffn.data.manifest import MANIFEST
    from ffn.data.verification import verify

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


def _reported(root: Path, complete: bool, console: Console) -> int:
    from analysis import write_report

    console.print(f"Report: {write_report(root)}", soft_wrap=True)
    return 0 if complete else FAILED_TRIALS


def _experiment(arguments: argparse.Namespace) -> Experiment:
    experiment = load_experiment(arguments.experiment)
    if arguments.scale == "demo":
        experiment = at_demo_scale(experiment)
    return over_seeds(experiment, arguments.seeds) if arguments.seeds > 1 else experiment


def _show_plan(experiment: Experiment, data_root: Path | None, console: Console) -> int:
    from study.cluster.progress import clock
    from study.plan.estimate import plan, size_of

    train_clips, num_classes = size_of(experiment, data_root)
    plans = plan(experiment, train_clips, num_classes)
    table = Table(Column("trial", overflow="fold"), "steps", "decoded frames", "10¹² multiply-adds", "about", box=None)
    for row in plans:
        cells = (f"{row.steps:,}", f"{row.decoded_frames:,}", f"{row.multiply_adds / 1e12:,.1f}", clock(row.seconds))
        suggested = f" + {row.trials - 1} suggestions" if row.trials > 1 else ""
        table.add_row(row.trial.name + suggested, *cells)
    console.print(table)
    total = clock(sum(row.seconds for row in plans))
    trials, most = sum(row.trials for row in plans), "at most " if experiment.stopping else ""
    console.print(
        f"{trials} trials on {train_clips:,} training clips, {most}about {total} of one device in all", style="bold"
    )
    return 0
