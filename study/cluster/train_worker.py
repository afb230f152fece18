"""Train's worker: trains and evaluates a trial, and reports each epoch. Tune's trial process imports this file too, so
torch is imported inside the functions."""

import traceback
from functools import partial
from typing import TYPE_CHECKING, Any

import ray
from ray import train

from study.cluster.ray_internals import epoch_number
from study.results.folder import StudyFolder

if TYPE_CHECKING:
    from study.plan.trial import Trial


def work(config: dict) -> None:
    """Run the trial. Its own errors are recorded as its outcome; only lost workers are restarted."""
    folder, name, workers = config["folder"], config["trial"]["name"], config["trial"]["resources"]["workers"]
    # several workers are restarted after any error
    if folder.has_failed(name) or folder.outcome(name)["status"] == "stopped":
        return
    try:
        _train_and_evaluate(config["trial"], folder, config["job"])
    except Exception as error:  # retrying would fail the same way, so record the reason
        if workers == 1 or not may_be_a_lost_worker(error):
            folder.write_failure(name, f"{type(error).__name__}: {error}")
            (folder.trial(name) / "error.txt").write_text(traceback.format_exc())
        if workers > 1:  # the others wait for this one until Train stops them
            raise


def may_be_a_lost_worker(error: Exception) -> bool:
    """Whether another worker's loss can have raised ``error`` here: it is a RuntimeError, as is a GPU's full memory."""
    import torch

    return isinstance(error, RuntimeError) and not isinstance(error, torch.OutOfMemoryError)


def _train_and_evaluate(values: dict, folder: StudyFolder, job: ray.ObjectRef) -> None:
    import torch

    from study.plan.trial import Trial
    from study.run_trial import run_trial

    data, protocol, early_stopping, built_on = ray.get(job)
    trial = Trial.from_dict(values, built_on)
    torch.set_num_threads(max(1, int(trial.resources.cpus)))
    if trial.resources.gpus:
        from ray.train.torch import get_device

        torch.cuda.set_device(get_device())
    run_trial(trial, folder, data, protocol, partial(_report, trial, early_stopping))


def _report(trial: "Trial", early_stopping: ray.actor.ActorHandle | None, row: dict[str, float]) -> None:
    """Report an epoch to Tune. Raises StoppedEarly if the trial must end after it."""
    from study.plan.stopping import StoppedEarly

    reason = _reason_to_stop(trial, early_stopping, row) if early_stopping else None
    train.report({**row, **epoch_number(row["epoch"]), **({"stopped": True} if reason else {})})
    if reason:
        raise StoppedEarly(reason)


def _reason_to_stop(trial: "Trial", early_stopping: ray.actor.ActorHandle, row: dict[str, float]) -> str | None:
    """Rank 0 asks and broadcasts the answer."""
    from ffn.workers import all_gather, worker_rank
    from study.plan.stopping import scheduled

    asks = worker_rank() == 0
    answer: Any = ray.get(early_stopping.reason_to_stop.remote(scheduled(trial), row)) if asks else None
    return all_gather(answer)[0]
