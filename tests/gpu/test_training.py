"""Training on a GPU against training on the CPU, where the other tests are."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from experiments.benchmarks.inputs import random_batch, random_clips
from ffn.models.parts import DEFAULT_RETROFIT, Parts
from ffn.training.checkpoint import load_checkpoint, model_from_checkpoint
from ffn.training.frame_schedule import constant, mixed
from ffn.training.loop import Training
from ffn.training.objectives import Mixed
from ffn.training.recipe import EARLIER, PAPER, RELEASED
from ffn.training.settings import TrainingSettings
from ffn.training.totals import SequenceTotals
from tests.ffn.training.methods import METHODS

pytestmark = pytest.mark.gpu
RECIPES = {"paper": PAPER, "released": replace(RELEASED, batchnorm_clips=3), "earlier": EARLIER}
TOLERANCE = {"float32": 0.01, "bfloat16": 0.05, "float16": 0.02}  # of a loss near log(12), after three steps


def settings_of(**changes):
    small = {"backbone": "tiny", "epochs": 3, "batch_size": 6, "lr": 0.01, "dropout": 0.0}
    return TrainingSettings(**{**small, "short_side": 56, "crop_size": 48, **changes})


def training(settings, device):
    clips = random_clips(settings)
    return Training(settings, clips, clips, num_classes=12, device=device)


def steps_of(run, number):
    """Take ``number`` steps on the same clips; the mean loss by frame count."""
    run.model.train()
    totals = SequenceTotals(run.device)
    batch = random_batch(run.settings)
    for _ in range(number):
        run.step(batch, len(batch), totals)
    return {name: value for name, value in totals.means().items() if "loss" in name}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("precision", TOLERANCE)
def test_three_steps_have_the_losses_of_the_cpu(precision, recipe, gpu):
    settings = settings_of(**METHODS["ffn"] | {"recipe": RECIPES[recipe]})
    expected = steps_of(training(settings, "cpu"), 3)
    found = steps_of(training(replace(settings, precision=precision), gpu), 3)
    assert found == pytest.approx(expected, abs=TOLERANCE[precision])


@pytest.mark.parametrize(
    "method", [METHODS["beyond"], {"schedule": mixed(4, 2, probability=1.0), "objective": Mixed(), "averaging": 0.5}]
)
def test_a_step_does_not_wait_for_the_gpu(method, gpu):
    run = training(settings_of(**method | {"data_share": 1.0}), gpu)
    steps_of(run, 2)
    batch = random_batch(run.settings).pin_memory()
    totals = SequenceTotals(gpu)
    torch.cuda.set_sync_debug_mode("error")
    try:
        run.step(batch, len(batch), totals)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_no_step_converts_a_layout(gpu):
    """Channels last from the clips to the last convolution; cuDNN's kernels that convert are nchwToNhwc, nhwcToNchw."""
    settings = settings_of(backbone="resnet50", batch_size=2, short_side=224, crop_size=224, **METHODS["ffn"])
    run = training(replace(settings, precision="bfloat16"), gpu)
    steps_of(run, 2)
    with profile(activities=[ProfilerActivity.CUDA]) as measured:
        steps_of(run, 1)
    kernels = [event.key for event in measured.key_averages()]
    assert any("conv" in name or "gemm" in name for name in kernels)
    assert [name for name in kernels if "nchwtonhwc" in name.lower() or "nhwctonchw" in name.lower()] == []


def test_compiled_steps_are_the_plain_ones(gpu):
    settings = settings_of(**METHODS["ffn"])
    compiled = training(replace(settings, compile=True), gpu)
    assert steps_of(compiled, 3) == pytest.approx(steps_of(training(settings, gpu), 3), abs=TOLERANCE["float32"])
    assert not compiled.notices


def test_a_run_on_the_cpu_takes_nothing_of_the_gpu(gpu, tmp_path):
    code = (
        "import sys, pathlib, torch; from tests.gpu.test_training import *;"
        'training(settings_of(**METHODS["ffn"] | {"epochs": 1}), "cpu").run(pathlib.Path(sys.argv[1]));'
        "sys.exit(torch.cuda.is_initialized())"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True)


def test_overflow_in_float16_skips_the_step_and_halves_the_scale(gpu):
    run = training(settings_of(schedule=constant(2), precision="float16"), gpu)
    steps_of(run, 1)
    before = {name: value.clone() for name, value in run.model.named_parameters()}
    scaler = run.optimisation.scaler
    scaler.update(torch.finfo(torch.float32).max)
    steps_of(run, 1)
    assert scaler.get_scale() == torch.finfo(torch.float32).max / 2
    assert all(torch.equal(value, before[name]) for name, value in run.model.named_parameters())


@pytest.mark.parametrize(("first", "then"), [("cuda", "cuda"), ("cuda", "cpu"), ("cpu", "cuda")])
def test_a_run_goes_on_on_the_other_device(first, then, gpu, tmp_path):
    devices = {"cuda": gpu, "cpu": torch.device("cpu")}
    settings = settings_of(**METHODS["ffn"] | {"averaging": 0.5})
    training(replace(settings, epochs=2), devices[first]).run(tmp_path)
    before = load_checkpoint(tmp_path / "last.pt")
    run = training(settings, devices[then])
    run.restore(before)
    found = run.checkpoint()["model"]
    assert all(torch.equal(value.cpu(), before["model"][name].cpu()) for name, value in found.items())
    run.run(tmp_path)
    assert [row["epoch"] for row in run.history] == [1, 2, 3]


def test_a_retrofit_leaves_the_count_of_its_source_bit_equal(gpu, tmp_path):
    training(settings_of(schedule=constant(4), epochs=1), gpu).run(tmp_path / "tsm")
    start = tmp_path / "tsm" / "last.pt"
    run = training(settings_of(start=str(start), schedule=constant(2), parts=Parts.named(DEFAULT_RETROFIT)), gpu)
    steps_of(run, 2)
    source = model_from_checkpoint(load_checkpoint(start)).to(gpu)
    clips = torch.randn(2, 4, 3, 48, 48, device=gpu)
    assert torch.equal(run.model.eval()(clips), source(clips))


def test_ffn_needs_the_memory_of_its_longest_sequence(gpu):
    def peak(**changes):
        settings = settings_of(backbone="resnet50", batch_size=4, short_side=224, crop_size=224, **changes)
        run = training(replace(settings, precision="bfloat16"), gpu)
        steps_of(run, 2)
        torch.cuda.reset_peak_memory_stats(gpu)
        steps_of(run, 1)
        return torch.cuda.max_memory_allocated(gpu)

    tsm = peak(schedule=constant(16))
    torch.cuda.empty_cache()
    assert peak(**METHODS["ffn"] | {"schedule": constant(4, 8, 16)}) <= 1.1 * tsm
