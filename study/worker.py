"""One trial from first step to last evaluation: what runs on a worker. It needs no Ray."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from ffn.data.labels import Split
from ffn.training.loop import EpochRow, Training
from study.dataset import StudyData
from study.evaluation import Evaluator, evaluate_trial
from study.folder import EPOCHS, EVALUATIONS, OUTCOME, PREDICTIONS, StudyFolder, write_json, write_table
from study.tables import epoch_table, evaluation_table, prediction_table
from study.trial import Trial


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is measured of every trial: frame counts and split of the results, and counts validated on the way."""

    eval_frames: tuple[int, ...]
    eval_split: Split
    validation_frames: tuple[int, ...] = ()


def run_trial(
    trial: Trial,
    folder: StudyFolder,
    data: StudyData,
    protocol: Protocol,
    on_epoch: Callable[[EpochRow], None] = lambda row: None,
) -> None:
    """Train ``trial`` from where its checkpoint stands, evaluate it, and leave its rows in the study's folder."""
    device = torch.device("cuda" if trial.gpus else "cpu")
    training = Training(
        trial,
        data.clips("train", trial.preparation),
        data.clips("validation", trial.preparation),
        num_classes=data.num_classes,
        validation_counts=protocol.validation_frames,
        device=device,
    )
    rows = folder.trial(trial.name)

    def after_epoch(row: EpochRow) -> None:
        write_table(rows / EPOCHS, epoch_table(trial.name, training.history))
        on_epoch(row)

    training.run(folder.checkpoints(trial.name), after_epoch)
    begin = time.perf_counter()
    evaluator = Evaluator(
        data=data,
        preparation=trial.preparation,
        split=protocol.eval_split,
        frames=protocol.eval_frames,
        device=device,
        workers=trial.loader_workers,
    )
    results = evaluate_trial(trial, folder.checkpoints(trial.name), evaluator)
    write_table(rows / EVALUATIONS, evaluation_table(trial, protocol.eval_split, results))
    write_table(rows / PREDICTIONS, prediction_table(trial, protocol.eval_split, results))
    outcome = {
        "status": "finished",
        "epochs_done": len(training.history),
        "best_epoch": training.best_epoch,
        "seconds": round(sum(row["seconds"] for row in training.history) + time.perf_counter() - begin, 1),
        "peak_memory_mb": round(_peak_memory_mb(device)),
        "parameters": sum(parameter.numel() for parameter in training.model.parameters()),
    }
    write_json(rows / OUTCOME, outcome)


def _peak_memory_mb(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
