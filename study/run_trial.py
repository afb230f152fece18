"""One trial from first step to last evaluation: what runs on a worker. It needs no Ray."""

import resource
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import torch

from ffn.evaluation.protocol import EvaluationProtocol
from ffn.kernels import choose_kernels
from ffn.training.checkpoint import LAST
from ffn.training.loop import EpochRow, Training
from ffn.workers import all_gather, worker_rank
from study.dataset import StudyData
from study.evaluation import Evaluated, Evaluator, evaluate_ensemble, evaluate_trial
from study.plan.protocol import Protocol
from study.plan.stopping import StoppedEarly
from study.plan.trial import Trial
from study.results.bad_clips import BAD_CLIPS, BAD_CLIPS_OF_EVALUATION, write_bad_clips
from study.results.evaluated_rows import add_rows, evaluated
from study.results.folder import (
    BATCHNORM,
    EPOCHS,
    EVALUATIONS,
    OUTCOME,
    PREDICTIONS,
    StudyFolder,
    write_json,
    write_table,
)
from study.results.provenance import machine
from study.results.tables import batchnorm_table, epoch_table, evaluation_table, prediction_table


def run_trial(
    trial: Trial,
    folder: StudyFolder,
    data: StudyData,
    protocol: Protocol,
    on_epoch: Callable[[EpochRow], None] = lambda row: None,
) -> None:
    """Train ``trial`` from its last checkpoint, evaluate it, and write its rows into the study's folder.

    A finished trial is not trained: where ``protocol`` has frame counts or protocols at which it was not evaluated, the
    rows of these join its own. If ``on_epoch`` raises StoppedEarly, the trial ends there and is not evaluated; nor is
    one with synthetic clips of its own. ``data`` is the study's. All workers of a trial must call this; rank 0 writes.
    """
    data = data.of(trial)
    device = torch.device("cuda" if trial.resources.gpus else "cpu")
    choose_kernels(device)
    known = evaluated(folder, trial.name)
    finished = folder.outcome(trial.name) if known else {}
    trained = {} if trial.members or known else _train(trial, folder, data, protocol, device, on_epoch)
    begin = time.perf_counter()
    evaluated_now = "status" not in trained and not trial.synthetic
    results = _evaluate_missing(trial, folder, data, protocol, known, device) if evaluated_now else []
    used = _used(device)
    if worker_rank() > 0:
        return
    if results:
        _write_evaluation(trial, folder, data, protocol, results, join=bool(known))
    seconds = finished.get("seconds", trained.get("seconds", 0)) + time.perf_counter() - begin
    outcome = {"status": "finished", **trained, **used, **finished, "seconds": round(seconds, 1)}
    write_json(folder.trial(trial.name) / OUTCOME, outcome)


def _write_evaluation(
    trial: Trial, folder: StudyFolder, data: StudyData, protocol: Protocol, results: Sequence[Evaluated], *, join: bool
) -> None:
    """Write the rows of ``results``, evaluations.csv last: by it a trial is known to be evaluated. ``join``: beside the
    rows that there are, instead of in their place."""
    rows, split = folder.trial(trial.name), protocol.eval_split
    write_bad_clips(rows / BAD_CLIPS_OF_EVALUATION, {split: results[0].predictions.bad})
    tables = {
        BATCHNORM: batchnorm_table(trial, results),
        PREDICTIONS: prediction_table(trial, split, results, data.places(split)),
        EVALUATIONS: evaluation_table(trial, split, results),
    }
    for name, table in tables.items():
        if join:
            add_rows(rows / name, table, protocol)
        else:
            write_table(rows / name, table)


def _train(
    trial: Trial,
    folder: StudyFolder,
    data: StudyData,
    protocol: Protocol,
    device: torch.device,
    on_epoch: Callable[[EpochRow], None],
) -> dict[str, Any]:
    """Train to the last epoch, or to an early stop; the trial's columns of trials.csv that come of it."""
    training = _training(trial, folder, data, protocol, device)

    def write_epochs() -> None:
        if worker_rank() == 0:
            write_table(folder.trial(trial.name) / EPOCHS, epoch_table(trial.name, training.history))

    def after_epoch(row: EpochRow) -> None:
        write_epochs()
        on_epoch({**row, "peak_memory_mb": round(_peak_memory_mb(device))})

    stopped = {}
    try:
        training.run(folder.checkpoints(trial.name), after_epoch)
    except StoppedEarly as stop:
        stopped = {"status": "stopped", "reason": str(stop)}
    finally:
        if worker_rank() == 0:
            bad_clips = {split: bad.values() for split, bad in training.bad_clips.items()}
            write_bad_clips(folder.trial(trial.name) / BAD_CLIPS, bad_clips)
    write_epochs()  # an interruption may have come between the last checkpoint and its row
    return stopped | {
        "epochs_done": len(training.history),
        "best_epoch": training.best_epoch,
        "seconds": sum(row["seconds"] for row in training.history),
        "parameters": sum(parameter.numel() for parameter in training.model.parameters()),
        "notice": "; ".join(training.notices),
    }


def _training(trial: Trial, folder: StudyFolder, data: StudyData, protocol: Protocol, device: torch.device) -> Training:
    classes = data.dataset.classes
    return Training(
        trial.training_from(_start_of(trial, folder)),
        data.clips("train", trial.training.preparation),
        data.clips("validation", trial.training.preparation),
        num_classes=len(classes),
        classes=classes,
        validation_counts=protocol.validation_frames,
        loader_workers=trial.resources.loader_workers,
        record=trial.as_dict(),
        device=device,
    )


def _start_of(trial: Trial, folder: StudyFolder) -> Path | None:
    return folder.checkpoints(trial.start.name) / LAST if isinstance(trial.start, Trial) else trial.start


def _evaluate_missing(
    trial: Trial,
    folder: StudyFolder,
    data: StudyData,
    protocol: Protocol,
    known: Mapping[EvaluationProtocol, Set[int]],
    device: torch.device,
) -> list[Evaluated]:
    """Evaluate where ``known`` has no rows."""
    results = []
    for frames, protocols in protocol.missing(known).items():
        evaluator = Evaluator(
            data=data,
            preparation=trial.training.preparation,
            split=protocol.eval_split,
            frames=frames,
            device=device,
            workers=trial.resources.loader_workers,
        )
        results += _evaluate(trial, folder, evaluator, protocols)
    return results


def _evaluate(
    trial: Trial, folder: StudyFolder, evaluator: Evaluator, protocols: Sequence[EvaluationProtocol]
) -> list[Evaluated]:
    if trial.members:
        members = [folder.checkpoints(member.name) for member in trial.members]
        return evaluate_ensemble(trial, members, evaluator, protocols)
    return evaluate_trial(trial, folder.checkpoints(trial.name), evaluator, protocols)


def _used(device: torch.device) -> dict[str, Any]:
    """Columns of trials.csv: the largest worker's memory, and the workers' machines, equal ones counted."""
    machines = Counter(all_gather(machine(device)))
    reserved = torch.cuda.max_memory_reserved(device) if device.type == "cuda" else None
    return {
        "peak_memory_mb": round(max(all_gather(_peak_memory_mb(device)))),
        "reserved_memory_mb": None if reserved is None else round(max(all_gather(reserved)) / 2**20),
        "machine": "; ".join(name if number == 1 else f"{number} x {name}" for name, number in machines.items()),
    }


def _peak_memory_mb(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
