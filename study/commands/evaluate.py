"""``study evaluate``: one checkpoint at any frame counts, outside a study."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from ffn.data.decord_reader import require_reader
from ffn.data.reading import Reader
from ffn.data.videos import BadClip, Split
from ffn.data.views import Views
from ffn.evaluation.protocol import PLAIN, EvaluationProtocol
from ffn.models.clip_network import check_frame_counts
from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant
from ffn.training.opened_checkpoint import OpenedCheckpoint, StateDictOf, check_classes, open_checkpoint
from ffn.training.precision import Precision, in_precision
from ffn.training.recipe import EARLIER, Recipe
from ffn.training.settings import TrainingSettings
from study.commands.shared import (
    CHECKPOINT_OR_STATE_DICT,
    Subparsers,
    data_arguments,
    require_at_least,
    state_dict_arguments,
    state_dict_settings,
)
from study.dataset import StudyData, check_manifest
from study.evaluation import Evaluated, Evaluator
from study.plan.trial import Trial
from study.results.bad_clips import BAD_CLIPS, write_bad_clips
from study.results.evaluation_folder import check_evaluation_folder, record_checkpoint
from study.results.folder import EVALUATIONS, PREDICTIONS, write_table
from study.results.published import PAPER, Measurement, published_network
from study.results.tables import evaluation_table, prediction_table
from study.terminal import user_path

OTHERS = {"released": Recipe(), "earlier": Recipe(short_videos=EARLIER.short_videos)}
"""How the networks of other projects are evaluated, and trained on, by the variant under which tables have them."""


def add_to(subparsers: Subparsers, text: str) -> None:
    """Add this command's parser, which ``text`` describes."""
    parents = [data_arguments(required=True), state_dict_arguments()]
    parser = subparsers.add_parser("evaluate", help=text, parents=parents)
    parser.add_argument("--checkpoint", type=user_path, required=True, help=CHECKPOINT_OR_STATE_DICT)
    parser.add_argument("--frames", type=int, nargs="+", required=True)
    parser.add_argument("--split", choices=("train", "validation", "test"), default="validation")
    parser.add_argument("--sampling", choices=("centre", "even", "segments", "shared"), default="centre",
                        help="the segments' centres, an even stride from a random frame, a random frame of each "
                        "segment, or frames that larger counts have too (default: %(default)s)")  # fmt: skip
    parser.add_argument("--clips", type=int, default=1, help="clips of each video to average (default: %(default)s)")
    parser.add_argument("--crops", type=int, default=1, help="crops of each frame to average: 1 or 3")
    parser.add_argument(
        "--reader", choices=get_args(Reader), default="pyav", help="decodes video files (default: pyav)"
    )
    parser.add_argument("--precision", choices=get_args(Precision), default="float32",
                        help="of forward passes (default: float32, as in the tables of a study)")  # fmt: skip
    parser.add_argument("--recalibrate", type=int, default=0, metavar="CLIPS",
                        help="also with BatchNorm re-calibrated at each count over as many training clips")  # fmt: skip
    parser.add_argument("--workers", type=int, default=0, help="processes that decode (default: this one does)")
    parser.add_argument("--out", type=user_path, help="a folder for evaluations.csv and predictions.parquet")
    parser.set_defaults(command=evaluate)


def evaluate(arguments: argparse.Namespace, console: Console) -> int:
    """Print a row per frame count, with the paper's accuracy if it has one."""
    results = evaluate_checkpoint(
        arguments.checkpoint,
        arguments.data,
        tuple(dict.fromkeys(arguments.frames)),
        arguments.split,
        protocol=EvaluationProtocol(
            sampling=arguments.sampling, views=Views(clips=arguments.clips, crops=arguments.crops)
        ),
        recalibration_clips=arguments.recalibrate,
        out=arguments.out,
        manifest=arguments.manifest,
        labels=arguments.labels,
        reader=arguments.reader,
        precision=arguments.precision,
        workers=arguments.workers,
        of=state_dict_settings(arguments),
    )
    console.print(_printed(results))
    for clip in results.bad:
        console.print(f"Not counted: {clip}", style="red", soft_wrap=True)
    shown = f"the paper's: {PAPER}" if results.published else ""
    beside = shown or f"no published figures are shown beside these: {results.reason}"
    how = f"Clips x crops of each video: {results.table['views'].iloc[0]}; {arguments.precision}"
    console.print(f"{how}; {beside}", style="dim", soft_wrap=True)
    return 0


def _printed(results: "CheckpointEvaluation") -> Table:
    rows = results.table.to_dict("records")
    adapted = ["BatchNorm"] if any(row["adaptation"] for row in rows) else []
    paper = ["the paper's"] if results.published else []
    table = Table("frames", *adapted, "clips", "top-1", *paper, "top-5", "GMACs per clip", box=None)
    for row in rows:
        published = None if row["adaptation"] else results.published.get(row["eval_frames"])
        table.add_row(
            str(row["eval_frames"]),
            *[row["adaptation"] or "as trained" for _ in adapted],
            str(row["clips"]),
            f"{row['top1']:.2f}",
            *["" if published is None else f"{published:.2f}" for _ in paper],
            f"{row['top5']:.2f}",
            f"{row['gmacs_per_clip']:.3f}",
        )
    return table


@dataclass(frozen=True)
class CheckpointEvaluation:
    """``table`` as evaluations.csv; ``published``: the paper's top-1 by frame count, or empty with the ``reason``.

    ``bad``: clips that could not be read, which are left out.
    """

    table: pd.DataFrame
    published: dict[int, float]
    reason: str
    bad: tuple[BadClip, ...]


def evaluate_checkpoint(
    path: Path,
    data_root: Path,
    frames: tuple[int, ...],
    split: Split,
    *,
    protocol: EvaluationProtocol = PLAIN,
    recalibration_clips: int = 0,
    out: Path | None = None,
    manifest: Path | None = None,
    labels: Path | None = None,
    reader: Reader = "pyav",
    precision: Precision = "float32",
    workers: int = 0,
    of: TrainingSettings | None = None,
) -> CheckpointEvaluation:
    """Evaluate the checkpoint ``path``, a study's or another project's; write the tables to ``out`` if given.

    ``recalibration_clips``: training clips over which BatchNorm is re-calibrated for a second row per count (0: none).
    ``precision``: of forward passes; one that is not float32 is a variant in the trial's name in the tables.
    ``workers``: processes that decode (0: this one). ``of``: what a plain state dict does not say: the network's
    backbone and the pixels it takes. Raises FileNotFoundError or ValueError for an unusable checkpoint
    or folder, ValueError for frame counts below 1, for a dataset with another number of classes, and for a reader that
    is not installed, and for a folder ``out`` with a study or with another checkpoint's evaluations.
    """
    require_at_least("--frames", min(frames), 1)
    require_at_least("--recalibrate", recalibration_clips, 0)
    require_at_least("--workers", workers, 0)
    if out is not None:
        check_evaluation_folder(out, path)
    check_manifest(manifest)
    require_reader(reader)
    data = StudyData(root=data_root, manifest=manifest, labels=labels, splits=(split,), reader=reader)
    opened = open_checkpoint(path, StateDictOf(settings=of, num_classes=data.num_classes) if of else None)
    trial = trial_of(opened)
    check_frame_counts(opened.model, frames, trial.training.crop_size)
    data = _data(data, trial, path)
    check_classes(opened, path, data.num_classes, data.dataset.classes)
    evaluator = Evaluator(
        data=data,
        preparation=trial.training.preparation,
        split=split,
        frames=frames,
        device=torch.device("cuda" if torch.cuda.is_available() else "cpu"),
        workers=workers,
    )
    with in_precision(precision, evaluator.device):
        results = _results(
            evaluator, opened, protocol, recalibration_clips, selection=path.stem, seed=trial.training.seed
        )
    shown = trial if precision == "float32" else trial.vary(variant=f"{trial.variant} {precision}".strip())
    table, bad = evaluation_table(shown, split, results), results[0].predictions.bad
    if out is not None:
        record_checkpoint(out, path)
        write_table(out / EVALUATIONS, table)
        write_table(out / PREDICTIONS, prediction_table(shown, split, results, data.places(split)))
        write_bad_clips(out / BAD_CLIPS, {split: bad})
    return CheckpointEvaluation(table, *_published(trial, _measurement(trial, data, table)), bad)


def _results(
    evaluator: Evaluator,
    opened: OpenedCheckpoint,
    protocol: EvaluationProtocol,
    recalibration_clips: int,
    *,
    selection: str,
    seed: int,
) -> list[Evaluated]:
    model = opened.model.to(evaluator.device)
    results = evaluator.network(model, protocol, selection=selection, epoch=opened.epoch)
    if not recalibration_clips:
        return results
    networks = evaluator.recalibrated(model, recalibration_clips, seed, protocol.sampling)
    adapted = replace(protocol, adaptation="recalibrated")
    return results + evaluator.networks(networks, adapted, selection=selection, epoch=opened.epoch)


def trial_of(opened: OpenedCheckpoint) -> Trial:
    """The trial of a checkpoint: as its study recorded it, else from its settings, else from its network."""
    if opened.record:
        return Trial.from_dict(opened.record)
    if settings := opened.settings:
        begun_from = settings.start or settings.pretrained
        start = Path(begun_from) if begun_from else None
        return Trial(method=opened.method, training=replace(settings, start=None, pretrained=None), start=start)
    counts = opened.model.context.frame_counts
    ffn = {"method": "ffn", "schedule": constant(*counts), "parts": Parts()} if counts else {}
    return Trial(variant=opened.origin).vary(backbone=opened.backbone, recipe=OTHERS[opened.origin], **ffn)


def _data(data: StudyData, trial: Trial, path: Path) -> StudyData:
    """In a dataset with folds: the clips that ``trial`` was not trained on are the validation split."""
    folds = data.dataset.num_folds
    if folds and trial.fold is None:
        raise ValueError(
            f"{data.root} has {folds} folds, and {path} was trained in none: pass the checkpoint of a fold's trial, or "
            "index the videos without --folds"
        )
    return replace(data, fold=trial.fold) if folds else data


def _measurement(trial: Trial, data: StudyData, table: pd.DataFrame) -> Measurement:
    row, geometry = table.iloc[0], trial.training.preparation.geometry
    on_validation = row["split"] == "validation"  # a dataset may have no other split than the evaluated one
    return Measurement(
        num_classes=data.num_classes,
        clips=len(data.videos("validation")) if on_validation else None,
        split=row["split"],
        sampling=row["sampling"],
        views=row["views"],
        crop_size=geometry.size,
        short_side=geometry.short_side,
    )


def _published(trial: Trial, measured: Measurement) -> tuple[dict[int, float], str]:
    """The paper's figures of the same network, or none and the reason."""
    if measured.disagreement:
        return {}, measured.disagreement
    variant = "" if trial.variant in OTHERS else trial.variant
    figures = published_network(measured.dataset, trial.training.backbone, trial.method, trial.train_frames, variant)
    return figures, "" if figures else "the paper has no such network"
