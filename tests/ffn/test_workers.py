"""Two processes that train one network together, against one process alone."""

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing

from ffn.data.clips import ClipDataset
from ffn.data.layouts.something_something import SomethingSomething
from ffn.models.parts import Parts
from ffn.models.synchronised_batchnorm import synchronised
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.objectives import Distillation
from ffn.training.settings import TrainingSettings
from ffn.workers import all_gather, all_gather_lengths, shard, sum_gradients, worker_rank

WORKERS = 2
FFN = {"schedule": constant(2, 4), "parts": Parts(), "objective": Distillation()}


def _member(rank, folder, calls):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=WORKERS)
    torch.save({name: function(*arguments) for name, (function, *arguments) in calls.items()}, folder / f"{rank}.pt")
    dist.destroy_process_group()


def settings_of(**changes):
    small = {"backbone": "tiny", "lr": 0.05, "dropout": 0.0, "short_side": 56, "crop_size": 48}
    return TrainingSettings(**{"epochs": 2, "batch_size": 9, **small, **changes})


def trained(videos, settings, checkpoints):
    """Parameters, statistics and history of a run in float64; 9 clips a step are 5 and 4 for two workers."""
    torch.set_default_dtype(torch.float64)
    try:
        train, validation = (ClipDataset(SomethingSomething(videos).labelled(split)[:45], settings.preparation)
                             for split in ("train", "validation"))  # fmt: skip
        run = Training(settings, train, validation, num_classes=12)
        run.run(checkpoints)
    finally:
        torch.set_default_dtype(torch.float32)
    return run.model.state_dict(), run.history


def exchanged():
    parameter = torch.nn.Parameter(torch.zeros(2, 3))
    parameter.grad = torch.full((2, 3), 1.0 + worker_rank())
    sum_gradients([parameter, torch.nn.Parameter(torch.zeros(1))])
    return shard(list(range(5))), all_gather(worker_rank() * "a"), all_gather_lengths(worker_rank()), parameter.grad


SETTINGS = {
    "tsm": settings_of(synchronised_batchnorm=True, schedule=constant(4)),
    "ffn": settings_of(synchronised_batchnorm=True, **FFN),
    "own statistics": settings_of(epochs=1, dropout=0.3, **FFN),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the two processes write; checkpoints lie below, by name of the settings."""
    return tmp_path_factory.mktemp("workers")


@pytest.fixture(scope="module")
def answers(videos, folder):
    """By name of the settings, and for "exchanged": what each of two processes of one group answers."""
    runs = {name: (trained, videos, settings, folder / name) for name, settings in SETTINGS.items()}
    calls = {"exchanged": (exchanged,), **runs}
    context = multiprocessing.start_processes(
        _member, (folder, calls), nprocs=WORKERS, start_method="spawn", join=False
    )
    while not context.join():
        pass
    found = [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(WORKERS)]
    return {name: [of_worker[name] for of_worker in found] for name in calls}


@pytest.mark.parametrize("method", ["tsm", "ffn"])
def test_two_workers_make_the_steps_of_one(method, answers, videos, tmp_path):
    """Ten steps on the same batches: 5 of 9 clips in each of 2 epochs."""
    alone, history = trained(videos, SETTINGS[method], tmp_path)
    for of_worker, its_history in answers[method]:
        for name, value in alone.items():
            torch.testing.assert_close(of_worker[name], value, rtol=1e-9, atol=1e-12, msg=name)
        for row, expected in zip(its_history, history):
            for key in row.keys() - {"seconds", "clips_per_second"}:
                assert row[key] == pytest.approx(expected[key], rel=1e-6), key


def test_with_batchnorm_of_its_own_every_worker_ends_with_the_same_network(answers, folder):
    (first, _), (second, _) = answers["own statistics"]
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
    assert sorted(path.name for path in (folder / "own statistics").iterdir()) == ["best.pt", "last.pt"]


def test_workers_share_without_a_remainder_and_hear_of_each_other(answers):
    first, second = answers["exchanged"]
    assert sorted(first[0] + second[0]) == list(range(5))
    assert first[1:3] == second[1:3] == (["", "a"], [0, 1])
    assert first[3].tolist() == second[3].tolist() == [[3.0] * 3] * 2


def test_alone_nothing_is_exchanged():
    assert shard([1, 2]) == [1, 2]
    assert all_gather("a") == ["a"]
    assert all_gather_lengths(3) == [3]


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_synchronised_batchnorm_alone_is_batchnorm(dimensions):
    x = torch.randn(4, 3, *[5] * dimensions)
    kind = getattr(torch.nn, f"BatchNorm{dimensions}d")
    plain, other = kind(3), synchronised(kind(3))
    assert torch.equal(plain(x), other(x))
    assert plain.state_dict().keys() == other.state_dict().keys()
    for name, value in plain.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name
    assert torch.equal(plain.eval()(x), other.eval()(x))
    assert isinstance(other, torch.nn.SyncBatchNorm)  # whose forward runs on a GPU


def test_synchronised_statistics_within_a_recipe_of_smaller_groups_are_refused():
    from dataclasses import replace

    from ffn.training.recipe import RELEASED

    with pytest.raises(ValueError, match="synchronised_batchnorm"):
        settings_of(synchronised_batchnorm=True, recipe=replace(RELEASED, batchnorm_clips=4))
