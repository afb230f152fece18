"""Two processes that train one network together, against one process alone."""

import pytest
import torch

from experiments.benchmarks.inputs import random_batch, random_clips
from ffn.models.synchronised_batchnorm import synchronised
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.totals import SequenceTotals
from ffn.workers import all_gather, all_gather_lengths, shard, sum_gradients, worker_rank
from tests.ffn.workers_together import FFN, answers_of_workers, assert_same_run, settings_of, trained


def overflowed():
    """Before and after two steps in float16 the scale of the loss and a parameter, to which the first step gives an
    infinite gradient on one worker alone."""
    settings = settings_of(schedule=constant(2), precision="float16")
    clips = random_clips(settings)
    run = Training(settings, clips, clips, num_classes=12)
    batch = random_batch(settings).split(5)[worker_rank()]
    parameter = next(run.model.parameters())
    hook = parameter.register_hook(lambda gradient: gradient / worker_rank())  # by 0 on the first
    seen = [(run.optimisation.scaler.get_scale(), parameter.detach().clone())]
    for _ in range(2):
        run.step(batch, settings.batch_size, SequenceTotals(run.device))
        seen.append((run.optimisation.scaler.get_scale(), parameter.detach().clone()))
        hook.remove()
    return seen


def exchanged():
    parameter = torch.nn.Parameter(torch.zeros(2, 3))
    parameter.grad = torch.full((2, 3), 1.0 + worker_rank())
    sum_gradients([parameter, torch.nn.Parameter(torch.zeros(1))])
    return shard(list(range(5))), all_gather(worker_rank() * "a"), all_gather_lengths(worker_rank()), parameter.grad


NORMS = {"bare": {"affine": False}, "cumulative": {"momentum": None}, "untracked": {"track_running_stats": False}}


def normalised():
    """Of each kind of norm, the outputs for this worker's share of two batches, and its state."""
    answers = {}
    for name, options in NORMS.items():
        norm = synchronised(torch.nn.BatchNorm2d(3, **options).double())
        outputs = [norm(x[shard(range(len(x)))]) for x in two_batches()]
        answers[name] = outputs, norm.state_dict()
    return answers


def two_batches():
    return torch.randn(2, 6, 3, 4, 4, generator=torch.Generator().manual_seed(0)).double()


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
    calls = {"exchanged": (exchanged,), "overflowed": (overflowed,), "normalised": (normalised,), **runs}
    return answers_of_workers(calls, folder, "gloo")


@pytest.mark.parametrize("method", ["tsm", "ffn"])
def test_two_workers_make_the_steps_of_one(method, answers, videos, tmp_path):
    """Ten steps on the same batches: 5 of 9 clips in each of 2 epochs."""
    alone = trained(videos, SETTINGS[method], tmp_path)
    for of_worker in answers[method]:
        assert_same_run(of_worker, alone, rtol=1e-9)


def test_with_batchnorm_of_its_own_every_worker_ends_with_the_same_network(answers, folder):
    (first, _), (second, _) = answers["own statistics"]
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
    assert sorted(path.name for path in (folder / "own statistics").iterdir()) == ["best.pt", "last.pt"]


def test_an_overflow_on_one_worker_is_skipped_by_both(answers):
    for (scale, parameter), (its_scale, its_parameter) in zip(*answers["overflowed"], strict=True):
        assert scale == its_scale
        assert torch.equal(parameter, its_parameter)
    (scale, before), (halved, skipped), (_, stepped) = answers["overflowed"][0]
    assert halved == scale / 2
    assert torch.equal(skipped, before)
    assert not torch.equal(stepped, before)


def test_workers_share_without_a_remainder_and_hear_of_each_other(answers):
    first, second = answers["exchanged"]
    assert sorted(first[0] + second[0]) == list(range(5))
    assert first[1:3] == second[1:3] == (["", "a"], [0, 1])
    assert first[3].tolist() == second[3].tolist() == [[3.0] * 3] * 2


def test_alone_nothing_is_exchanged():
    assert shard([1, 2]) == [1, 2]
    assert all_gather("a") == ["a"]
    assert all_gather_lengths(3) == [3]


@pytest.mark.parametrize("kind", NORMS)
def test_a_norm_without_scale_average_or_statistics_is_synchronised_too(kind, answers):
    whole = torch.nn.BatchNorm2d(3, **NORMS[kind]).double()
    expected = [whole(x) for x in two_batches()]
    shares = zip(*(answer[kind][0] for answer in answers["normalised"]))
    for outputs, batch in zip(shares, expected, strict=True):
        torch.testing.assert_close(torch.cat(outputs).sort(0).values, batch.sort(0).values)
    for _, state in (answer[kind] for answer in answers["normalised"]):
        assert state.keys() == whole.state_dict().keys()
        for name, value in whole.state_dict().items():
            torch.testing.assert_close(state[name], value)


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
