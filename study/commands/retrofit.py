"""``study retrofit``: make a trained network frame-flexible, as an experiment with a single trial."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from ffn.cores import available_cores
from ffn.evaluation.cost import latency
from ffn.models.factory import is_frame_by_frame
from ffn.models.parts import DEFAULT_RETROFIT, PART_NAMES, UNSHIFTED_RETROFIT, Parts
from ffn.training.checkpoint import LAST
from ffn.training.frame_schedule import constant
from ffn.training.objectives import CrossEntropy
from ffn.training.opened_checkpoint import OpenedCheckpoint, StateDictOf, check_classes, open_checkpoint
from ffn.training.retrofit import check_source, kept_count
from ffn.training.settings import TrainingSettings
from study.commands.evaluate import evaluate_checkpoint, trial_of
from study.commands.shared import (
    CHECKPOINT_OR_STATE_DICT,
    Subparsers,
    data_arguments,
    data_places,
    given_paths,
    report,
    state_dict_arguments,
    state_dict_settings,
)
from study.dataset import StudyData
from study.plan.experiment import Experiment
from study.plan.trial import Resources, Trial
from study.results.folder import EVALUATIONS, StudyFolder
from study.terminal import user_path


def add_to(subparsers: Subparsers, text: str) -> None:
    """Add this command's parser, which ``text`` describes."""
    parents = [data_arguments(required=True), state_dict_arguments()]
    parser = subparsers.add_parser("retrofit", help=text, parents=parents)
    parser.add_argument("--checkpoint", type=user_path, required=True, help=CHECKPOINT_OR_STATE_DICT)
    parser.add_argument("--frames", type=int, nargs="+", required=True, help="the counts to train for")
    parser.add_argument("--parts", help=f"what is trained for each, of {','.join(PART_NAMES)} (default: "
                        f"{','.join(DEFAULT_RETROFIT)}; without a shift: {','.join(UNSHIFTED_RETROFIT)})")  # fmt: skip
    parser.add_argument("--epochs", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--share", type=float, default=1.0, help="share of the training videos (default: all)")
    parser.add_argument("--trained-at", type=int, help="the checkpoint's own count (default: as recorded, else 16)")
    parser.add_argument("--out", type=user_path, default=Path("results/retrofit"), help="default: %(default)s")
    parser.set_defaults(command=retrofit, resumable=True)


def retrofit(arguments: argparse.Namespace, console: Console) -> int:
    """Train the branches, print accuracy and cost before and after, and write the report."""
    from study.cluster.connection import refuse_relative  # Ray takes seconds to import
    from study.cluster.session import run_study

    refuse_relative(given_paths(arguments, "checkpoint", "out", "data", "manifest", "labels"))
    data = StudyData(root=arguments.data, manifest=arguments.manifest, labels=arguments.labels)
    _check_splits(data)
    of, classes = state_dict_settings(arguments), data.dataset.classes
    opened = open_checkpoint(arguments.checkpoint, StateDictOf(settings=of, num_classes=len(classes)) if of else None)
    experiment = retrofit_experiment(
        opened,
        arguments.checkpoint,
        classes,
        arguments.frames,
        arguments.parts.split(",") if arguments.parts else default_parts(opened),
        epochs=arguments.epochs,
        share=arguments.share,
        start_frames=arguments.trained_at,
    )
    complete = run_study(experiment, arguments.out, data_places(arguments), console)
    if complete:
        written = retrofitted_checkpoint(experiment, arguments.out)
        accuracy = before_and_after(arguments.checkpoint, experiment, arguments.out, data, of)
        console.print(_printed(accuracy, opened, open_checkpoint(written)))
        console.print(f"Checkpoint: {written}", soft_wrap=True)
    return report(arguments.out, complete, console)


def _check_splits(data: StudyData) -> None:
    """Raise ValueError for a dataset with folds: a retrofit in each would need a checkpoint for each."""
    if folds := data.dataset.num_folds:
        raise ValueError(
            f"{data.root} has {folds} folds, and retrofit takes a dataset with splits: retrofit every fold's network "
            "in an experiment such as experiments/gestures_retrofit.py, or index the videos without --folds"
        )


def default_parts(opened: OpenedCheckpoint) -> tuple[str, ...]:
    """What is trained for each count where nothing is said."""
    return DEFAULT_RETROFIT if is_frame_by_frame(opened.backbone) else UNSHIFTED_RETROFIT


def _printed(accuracy: pd.DataFrame, before: OpenedCheckpoint, after: OpenedCheckpoint) -> Table:
    """A row per count: top-1, and the clip's time on this machine; the last row: parameters in all."""
    columns = ("frames", "top-1 before", "after", "ms per clip before", "after")
    table = Table(*columns, box=None)
    for frames, row in accuracy.iterrows():
        times = [f"{1e3 * latency(opened.model, int(str(frames)), opened.size):.1f}" for opened in (before, after)]
        table.add_row(str(frames), f"{row['before']:.2f}", f"{row['after']:.2f}", *times)
    table.add_section()
    numbers = [f"{sum(value.numel() for value in opened.model.parameters()):,}" for opened in (before, after)]
    table.add_row("parameters", *numbers)
    return table


def retrofit_experiment(
    opened: OpenedCheckpoint,
    path: Path,
    classes: Sequence[str],
    frames: Sequence[int],
    parts: Sequence[str],
    *,
    epochs: int,
    share: float,
    start_frames: int | None,
) -> Experiment:
    """An experiment that trains a branch for each of ``frames`` beside the network ``opened`` from ``path``.

    It is trained at the checkpoint's settings. Another project's checkpoint is assumed to follow the paper's protocol.
    ``classes``: the data's; ``parts``: names of ``ffn.models.parts``; ``epochs``: over ``share`` of the training
    videos. Raises ValueError for an unusable checkpoint, or naming the field.
    """
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
    check_classes(opened, path, len(classes), classes)
    check_source(opened, trial.training_from(path), kept)
    return Experiment(
        name="retrofit",
        question=f"What does {path.name} become at {', '.join(map(str, frames))} frames?",
        trials=(trial,),
        eval_frames=tuple(sorted({*frames, kept})),
    )


def _trial_of(opened: OpenedCheckpoint) -> Trial:
    """The trial that trained ``opened``, on the devices of this machine and on any data: the base of its retrofit."""
    trained = trial_of(opened)
    loaders = trained.resources.loader_workers
    return trained.vary(
        objective=CrossEntropy(),
        recipe=replace(trained.training.recipe, frame_sampling="mix"),
        weights=None,
        recalibration_clips=0,
        searched=(),
        fold=None,
        synthetic=None,
        resources=Resources(cpus=available_cores(), gpus=int(torch.cuda.is_available()), loader_workers=loaders),
    )


def retrofitted_checkpoint(experiment: Experiment, root: Path) -> Path:
    """The checkpoint of the finished study in ``root``."""
    return StudyFolder(root).checkpoints(experiment.trials[0].name) / LAST


def before_and_after(
    path: Path, experiment: Experiment, root: Path, data: StudyData, of: TrainingSettings | None
) -> pd.DataFrame:
    """Top-1 by frame count of the checkpoint ``path`` and of the retrofitted network in the finished study ``root``.

    ``of``: see ``evaluate_checkpoint``.
    """
    trial = experiment.trials[0]
    before = evaluate_checkpoint(
        path,
        data.root,
        experiment.eval_frames,
        experiment.eval_split,
        manifest=data.manifest,
        labels=data.labels,
        workers=min(trial.resources.loader_workers, available_cores()),
        of=of,
    ).table
    after = pd.read_csv(StudyFolder(root).trial(trial.name) / EVALUATIONS)
    tables = {"before": before, "after": after[after["selection"] == "last"]}
    return pd.DataFrame({name: table.set_index("eval_frames")["top1"] for name, table in tables.items()})
