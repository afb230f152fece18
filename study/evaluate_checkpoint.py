"""One checkpoint at any frame counts, outside a study."""

from pathlib import Path

import pandas as pd
import torch

from ffn.data.labels import Split
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint
from study.dataset import StudyData
from study.evaluation import Evaluator
from study.folder import EVALUATIONS, PREDICTIONS, write_table
from study.tables import evaluation_table, prediction_table
from study.trial import Trial


def evaluate_checkpoint(
    path: Path, data_root: Path, frames: tuple[int, ...], split: Split, *, out: Path | None = None
) -> pd.DataFrame:
    """Rows as in evaluations.csv for the checkpoint ``path`` on ``data_root``; with ``out`` also written there.

    Raises FileNotFoundError or ValueError for a checkpoint or a folder that cannot be used, ValueError for frame
    counts below 1 and for a dataset with another number of classes.
    """
    if min(frames) < 1:
        raise ValueError(f"--frames must be 1 or more, got {min(frames)}")
    checkpoint = load_checkpoint(path)
    trial = Trial.from_dict(checkpoint["settings"])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    data = StudyData(root=data_root, splits=(split,))
    _check_classes(path, checkpoint["architecture"]["num_classes"], data)
    evaluator = Evaluator(data=data, preparation=trial.preparation, split=split, frames=frames, device=device)
    model = model_from_checkpoint(checkpoint).to(device)
    results = evaluator.network(model, method=trial.method, selection=path.stem, epoch=len(checkpoint["history"]))
    table = evaluation_table(trial, split, results)
    if out is not None:
        write_table(out / EVALUATIONS, table)
        write_table(out / PREDICTIONS, prediction_table(trial, split, results))
    return table


def _check_classes(path: Path, trained: int, data: StudyData) -> None:
    if trained != data.num_classes:
        raise ValueError(f"{path} was trained for {trained} classes, but {data.root} has {data.num_classes}")
