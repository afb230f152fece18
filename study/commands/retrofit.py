"""``study retrofit``: make a trained TSM frame-flexible, as an experiment with a single trial."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from ffn.cores import available_cores
from ffn.models.parts import DEFAULT_RETROFIT, PART_NAMES, Parts
from ffn.training.checkpoint import LAST
from ffn.training.frame_schedule import constant
from ffn.training.objectives import CrossEntropy
from ffn.training.opened_checkpoint import OpenedCheckpoint, open_checkpoint
from ffn.training.retrofit import check_source, kept_count
from study.commands.evaluate import evaluate_checkpoint, trial_of
from study.commands.shared import CHECKPOINT, Subparsers, data_arguments, given_paths, report
from study.dataset import StudyData
from study.plan.experiment import Experiment
from study.plan.trial import Resources, Trial
from study.results.folder import EVALUATIONS, StudyFolder


def add_to(subparsers: Subparsers) -> None:
    """Add this command's parser."""
    text = "extend a trained TSM to other frame counts; at its own count nothing changes"
    parser = subparsers.add_parser("retrofit", help=text, parents=[data_arguments(required=True)])
    parser.add_argument("--checkpoint", type=Path, required=True, help=CHECKPOINT)
    parser.add_argument("--frames", type=int, nargs="+", required=True, help="the counts to train for")
    parser.add_argument("--parts", default=",".join(DEFAULT_RETROFIT),
                        help=f"what is trained for each, of {','.join(PART_NAMES)} (default: %(default)s)")  # fmt: skip
    parser.add_argument("--epochs", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--share", type=float, default=1.0, help="share of the training videos (default: all)")
    parser.add_argument("--trained-at", type=int, help="the checkpoint's own count (default: as recorded, else 16)")
    parser.add_argument("--out", type=Path, default=Path("results/retrofit"), help="default: %(default)s")
    parser.set_defaults(command=retrofit, resumable=True)


def retrofit(arguments: argparse.Namespace, console: Console) -> int:
    """Train the branches, print accuracy before and after, and write the report."""
    from study.cluster.connection import refuse_relative  # Ray takes seconds to import
    from study.cluster.session import run_study

    refuse_relative(given_paths(arguments, "checkpoint", "out", "data", "manifest", "labels"))
    data = StudyData(root=arguments.data, manifest=arguments.manifest, labels=arguments.labels)
    experiment = retrofit_experiment(
        arguments.checkpoint,
        data.num_classes,
        arguments.frames,
        arguments.parts.split(","),
        epochs=arguments.epochs,
        share=arguments.share,
        start_frames=arguments.trained_at,
    )
    complete = run_study(experiment, arguments.out, data.root, console, manifest=data.manifest, labels=data.labels)
    if complete:
        table = Table("frames", "top-1 before", "after", box=None)
        for frames, row in before_and_after(arguments.checkpoint, experiment, arguments.out, data).iterrows():
            table.add_row(str(frames), f"{row['before']:.2f}", f"{row['after']:.2f}")
        console.print(table)
        console.print(f"Checkpoint: {retrofitted_checkpoint(experiment, arguments.out)}", soft_wrap=True)
    return report(arguments.out, complete, console)


def retrofit_experiment(
    path: Path,
    num_classes: int,
    frames: Sequence[int],
    parts: Sequence[str],
    *,
    epochs: int,
    share: float,
    start_frames: int | None,
) -> Experiment:
    """An experiment that trains a branch for each of ``frames`` beside the TSM in ``path``, at its settings.

    Another project's checkpoint is assumed to follow the paper's protocol. ``num_classes``: the data's; ``parts``:
    names of ``ffn.models.parts``; ``epochs``: over ``share`` of the training videos. Raises FileNotFoundError or
    ValueError for an unusable checkpoint, else ValueError naming the field.
    """
    opened = open_checkpoint(path)
    kept = kept_count(opened, start_frames)
    trial = _trial_of(opened).vary(
        method="retrofit",
        variant="+".join(parts),
        start=path.absolute(),
        start_frames=kept,
        schedule=constant(*frames),
        parts=Parts.named(parts),
        epochs=epochs,
        data_share=share,
    )
    check_source(opened, trial.training_from(path), kept, num_classes)
    return Experiment(
        name="retrofit",
        question=f"What does {path.name} become at {', '.join(map(str, frames))} frames?",
        trials=(trial,),
        eval_frames=tuple(sorted({*frames, kept})),
    )


def _trial_of(opened: OpenedCheckpoint) -> Trial:
    """The trial that trained ``opened``, on the devices of this machine: the base of its retrofit."""
    trained = trial_of(opened)
    loaders = trained.resources.loader_workers
    return trained.vary(
        objective=CrossEntropy(),
        recipe=replace(trained.training.recipe, frame_sampling="mix"),
        weights=None,
        recalibration_clips=0,
        searched=(),
        resources=Resources(cpus=available_cores(), gpus=int(torch.cuda.is_available()), loader_workers=loaders),
    )


def retrofitted_checkpoint(experiment: Experiment, root: Path) -> Path:
    """The checkpoint of the finished study in ``root``."""
    return StudyFolder(root).checkpoints(experiment.trials[0].name) / LAST


def before_and_after(path: Path, experiment: Experiment, root: Path, data: StudyData) -> pd.DataFrame:
    """Top-1 by frame count of the checkpoint ``path`` and of the retrofitted network in the finished study ``root``."""
    trial = experiment.trials[0]
    before = evaluate_checkpoint(
        path,
        data.root,
        experiment.eval_frames,
        experiment.eval_split,
        manifest=data.manifest,
        labels=data.labels,
        workers=min(trial.resources.loader_workers, available_cores()),
    ).table
    after = pd.read_csv(StudyFolder(root).trial(trial.name) / EVALUATIONS)
    tables = {"before": before, "after": after[after["selection"] == "last"]}
    return pd.DataFrame({name: table.set_index("eval_frames")["top1"] for name, table in tables.items()})
