"""``study run``: one experiment, start to report."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from study.cluster.tracking import refuse_missing
from study.commands.shared import (
    Subparsers,
    chosen_experiment,
    data_arguments,
    data_places,
    experiment_arguments,
    given_paths,
    report,
    track_arguments,
)
from study.dataset import data_of
from study.outlook import outlook
from study.plan.estimate import SSV2, TrialPlan, clock, plan
from study.plan.experiment import Experiment
from study.plan.networks import check_networks
from study.plan.speed import Speeds, measured_speeds
from study.results.folder import StudyFolder
from study.study import Study
from study.terminal import user_path


def add_to(subparsers: Subparsers, text: str) -> None:
    """Add this command's parser, which ``text`` describes."""
    parents = [experiment_arguments(), data_arguments(required=False), track_arguments()]
    parser = subparsers.add_parser("run", help=text, parents=parents)
    parser.add_argument(
        "--out", type=user_path, help="the study's folder (default: results/ and the experiment's name)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="list trials, their size and an estimate of time; train nothing"
    )
    parser.set_defaults(command=run, resumable=True)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run or resume the experiment's study and write its report; with --dry-run only list its trials."""
    experiment = chosen_experiment(arguments)
    if arguments.dry_run:
        return _show_plan(experiment, arguments, console)
    from study.cluster.connection import refuse_relative  # Ray takes seconds to import
    from study.cluster.session import run_study

    elsewhere = given_paths(arguments, "manifest", "labels")
    refuse_relative({"--out": arguments.out, "--data": arguments.data, **elsewhere})
    refuse_missing(arguments.track)
    out = _folder(arguments, experiment)
    complete = run_study(experiment, out, data_places(arguments), console, arguments.track)
    return report(out, complete, console)


def _folder(arguments: argparse.Namespace, experiment: Experiment) -> Path:
    return arguments.out or Path("results") / experiment.name


def _show_plan(experiment: Experiment, arguments: argparse.Namespace, console: Console) -> int:
    check_networks(experiment)
    places = data_places(arguments)
    data = data_of(experiment, places) if arguments.data or arguments.labels else None
    study = Study(experiment, StudyFolder(_folder(arguments, experiment)), places)
    study.check_experiment()
    if study.folder.record():
        console.print(*outlook(study), sep="\n", highlight=False, soft_wrap=True)
    speeds = measured_speeds(study.folder.root)
    if plans := plan(study, data, speeds):
        _show_training(plans, experiment, speeds, console)
    return 0


def _show_training(plans: Sequence[TrialPlan], experiment: Experiment, speeds: Speeds, console: Console) -> None:
    columns = ("steps", "decoded frames", "10¹² MACs", "about", "loader cores")
    table = Table(Column("trial", overflow="fold"), *columns, box=None, pad_edge=False)
    for row in plans:
        loaders = row.trial.resources.loader_workers
        cells = (
            f"{row.steps:,}",
            f"{row.decoded_frames:,}",
            f"{row.multiply_adds / 1e12:,.1f}",
            clock(row.seconds),
            "" if row.loader_cores is None else f"{row.loader_cores:.2g} of {loaders}",
        )
        suggested = "" if row.variations is None else f"{row.variations} suggestions around "
        table.add_row(suggested + row.trial.name, *cells)
    console.print(table)
    total = clock(sum(row.device_seconds for row in plans))
    trials, most = sum(row.trials for row in plans), "at most " if experiment.stopping else ""
    sizes = sorted({row.size.train_clips for row in plans})
    train_clips = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
    console.print(
        f"{trials} trials on {train_clips} training clips, {most}about {total} of one device in all", style="bold"
    )
    console.print(f"{speeds}. With validation, without the evaluation at the end.", style="dim", soft_wrap=True)
    text = (
        "loader cores: what keeps one device busy, of the trial's loader_workers; with fewer it waits for clips. Empty "
        "where frames are cached."
    )
    console.print(text, style="dim", soft_wrap=True)
    if any(row.size is SSV2 for row in plans):
        text = "Sizes: those of Something-Something V2 where a trial has no dataset of its own; --data names another."
        console.print(text, style="dim", soft_wrap=True)
