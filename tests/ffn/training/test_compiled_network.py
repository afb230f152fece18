"""Compiled training equals plain training, and where compiling fails the plain network is trained."""

from dataclasses import replace

import pytest
import torch
from torch._dynamo.utils import counters

from ffn.models.parts import Parts
from ffn.training import compiled_network
from ffn.training.compiled_network import CompiledNetwork
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.objectives import Distillation
from ffn.training.recipe import Recipe

FFN = {"schedule": constant(2, 4), "parts": Parts(), "objective": Distillation()}

TSM = {"schedule": constant(2)}


@pytest.fixture
def trained(tiny_settings, clips, tmp_path):
    """trained(method, compile=...) trains for an epoch of two steps."""

    def run(method, **changes):
        settings = tiny_settings(epochs=1, dropout=0.0, data_share=0.5, **method, **changes)
        training = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12)
        training.run(tmp_path / str(changes))
        return training

    torch._dynamo.reset()
    counters.clear()
    yield run
    torch._dynamo.reset()


@pytest.mark.parametrize(("batch_size", "clips_at_once"), [(8, 8), (16, 16), (40, 16)])
def test_what_is_compiled_is_the_batch_that_the_steps_have(batch_size, clips_at_once, tiny_settings, monkeypatch):
    """The recipe normalises 16 clips at once, if a worker has as many."""
    monkeypatch.setattr(compiled_network, "BACKEND", "eager")
    settings = tiny_settings(batch_size=batch_size, recipe=replace(Recipe(), batchnorm_clips=16))
    assert CompiledNetwork(torch.nn.Identity(), settings, note=print).clips == clips_at_once


def losses(training):
    return {name: value for name, value in training.history[0].items() if "loss" in name}


def test_a_compiled_run_is_the_plain_one_up_to_rounding(trained, monkeypatch):
    """One graph per count without breaks; a smaller batch, and validation, add none."""
    monkeypatch.setattr(compiled_network, "BACKEND", "aot_eager")  # the usual one compiles for minutes
    compiled, plain = trained(FFN, compile=True), trained(FFN, compile=False)
    assert not compiled.notices
    assert losses(compiled) == pytest.approx(losses(plain), rel=1e-4)
    state, expected = compiled.model.state_dict(), plain.model.state_dict()
    assert state.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(state[name], value, rtol=1e-3, atol=1e-5, msg=name)
    smaller = torch.randn(5, 4, 3, 48, 48)
    assert torch.equal(compiled.trained(smaller), compiled.model(smaller))
    assert counters["stats"]["unique_graphs"] == 2
    assert not counters["graph_break"]


def test_where_compiling_fails_training_goes_on_and_says_so_once(trained, monkeypatch):
    def without_a_compiler(graph, inputs):
        raise OSError("no compiler is installed")

    monkeypatch.setattr(compiled_network, "BACKEND", without_a_compiler)
    failed, plain = trained(TSM, compile=True), trained(TSM, compile=False)
    assert losses(failed) == losses(plain)
    (notice,) = failed.notices
    assert "no compiler is installed" in notice
