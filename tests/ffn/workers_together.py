"""Processes that train one network together, and what such runs train."""

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing

from ffn.data.clips import ClipDataset
from ffn.data.layouts.something_something import SomethingSomething
from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.objectives import Distillation
from ffn.training.settings import TrainingSettings

WORKERS = 2
FFN = {"schedule": constant(2, 4), "parts": Parts(), "objective": Distillation()}


def answers_of_workers(calls, folder, backend):
    """By name of ``calls`` (a function and its arguments) what each process of one group answers, in order of rank."""
    context = multiprocessing.start_processes(
        _member, (folder, calls, backend), nprocs=WORKERS, start_method="spawn", join=False
    )
    while not context.join():
        pass
    found = [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(WORKERS)]
    return {name: [of_worker[name] for of_worker in found] for name in calls}


def _member(rank, folder, calls, backend):
    torch.set_num_threads(1)
    if "cuda" in backend:
        torch.cuda.set_device(rank)
    dist.init_process_group(backend, init_method=f"file://{folder}/meeting", rank=rank, world_size=WORKERS)
    torch.save({name: function(*arguments) for name, (function, *arguments) in calls.items()}, folder / f"{rank}.pt")
    dist.destroy_process_group()


def settings_of(**changes):
    small = {"backbone": "tiny", "lr": 0.05, "dropout": 0.0, "short_side": 56, "crop_size": 48}
    return TrainingSettings(**{"epochs": 2, "batch_size": 9, **small, **changes})


def trained(videos, settings, checkpoints, device="cpu"):
    """Parameters, statistics and history of a run in float64; 9 clips a step are 5 and 4 for two workers."""
    torch.set_default_dtype(torch.float64)
    try:
        train, validation = (ClipDataset(SomethingSomething(videos).labelled(split)[:45], settings.preparation)
                             for split in ("train", "validation"))  # fmt: skip
        run = Training(settings, train, validation, num_classes=12, device=device)
        run.run(checkpoints)
    finally:
        torch.set_default_dtype(torch.float32)
    return {name: value.cpu() for name, value in run.model.state_dict().items()}, run.history


def assert_same_run(found, expected, *, rtol):
    """The parameters, statistics and histories that ``trained`` answered."""
    (state, history), (its_state, its_history) = expected, found
    for name, value in state.items():
        torch.testing.assert_close(its_state[name], value, rtol=rtol, atol=1e-12, msg=name)
    for row, its_row in zip(history, its_history, strict=True):
        for key in row.keys() - {"seconds", "clips_per_second"}:
            assert its_row[key] == pytest.approx(row[key], rel=max(rtol, 1e-6)), key
