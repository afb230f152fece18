"""Whole training steps in double precision, against stored numbers.

The training functions of the released and of the earlier code took the same steps from the same weights and clips, on
a CPU, with their ResNet narrowed as here, clipping at the same norm, and two halves of the batch in place of the
released code's two GPUs. Losses, gradients, parameters and running statistics were within 4e-12 of these, relative to
their size. So a number that changes here is a recipe that no longer trains as the code it stands for.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models.resnet import Bottleneck, ResNet

from ffn.data.batches import Batch
from ffn.data.clips import ClipDataset
from ffn.data.videos import Video
from ffn.models.families import FAMILIES
from ffn.models.families.family import Family
from ffn.models.families.resnet import first_convolutions
from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.objectives import Distillation
from ffn.training.recipe import EARLIER, RELEASED
from ffn.training.settings import TrainingSettings
from ffn.training.totals import SequenceTotals

CLIPS, CLASSES, SIZE = 8, 10, 32
RECIPES = {"released": replace(RELEASED, batchnorm_clips=CLIPS // 2), "earlier": EARLIER}
METHODS = {
    "tsm": {"schedule": constant(8)},
    "ffn": {"schedule": constant(2, 4, 8), "parts": Parts(), "objective": Distillation()},
}
PARTS = ("backbone.conv1", "backbone.bn1", "backbone.layer1", "backbone.layer4", "classifier")
STORED = json.loads(Path(__file__).with_name("training_steps.json").read_text())


class NarrowResNet(ResNet):
    """torchvision's ResNet with one bottleneck in each stage and an eighth of the channels in these."""

    def __init__(self) -> None:
        super().__init__(Bottleneck, [1, 1, 1, 1])
        self.fc = nn.Linear(256, 1000)

    def _make_layer(self, block, planes, *arguments, **options):
        return super()._make_layer(block, planes // 8, *arguments, **options)


@pytest.fixture
def doubles(monkeypatch):
    narrow = Family(name="narrow", build=NarrowResNet, head="fc", shifting=first_convolutions)
    monkeypatch.setitem(FAMILIES, "narrow", narrow)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def training(recipe, method):
    settings = TrainingSettings(
        backbone="narrow", recipe=RECIPES[recipe], batch_size=CLIPS, lr=0.02, max_gradient_norm=0.5, dropout=0.0,
        short_side=SIZE, crop_size=SIZE, **METHODS[method],
    )  # fmt: skip
    videos = [Video(id=str(label), path=Path("unread.webm"), label=label) for label in range(CLIPS)]
    clips = ClipDataset(videos, settings.preparation)
    return Training(settings, clips, clips, num_classes=CLASSES)


def random_batch(counts, step):
    draw = torch.Generator().manual_seed(step)
    frames = torch.randint(256, (CLIPS * sum(counts), SIZE, SIZE, 3), dtype=torch.uint8, generator=draw)
    rows = torch.arange(len(frames)).view(CLIPS, 1, -1).split(counts, dim=2)
    labels = torch.randint(CLASSES, (CLIPS,), generator=draw)
    return Batch(frames=frames, rows=dict(zip(counts, rows)), labels=labels, indices=torch.arange(CLIPS))


def take_step(run, step):
    """The numbers of one step: losses, clipped gradients, the parameters' changes, running statistics."""
    found, before = {}, {name: value.clone() for name, value in run.model.named_parameters()}
    hook = run.optimisation.optimiser.register_step_pre_hook(
        lambda *_: found.update(sizes("gradient", {name: value.grad for name, value in run.model.named_parameters()}))
    )
    totals = SequenceTotals(run.device)
    run.step(random_batch(run.settings.frame_counts, step), CLIPS, totals)
    hook.remove()
    losses = {name: value for name, value in totals.means().items() if "loss" in name}
    changes = {name: value.detach() - before[name] for name, value in run.model.named_parameters()}
    buffers = {name: value for name, value in run.model.named_buffers() if "running" in name}
    return losses | found | sizes("change", changes) | sizes("statistics", buffers)


def sizes(kind, tensors):
    """The norm of all ``tensors`` and of those of some parts."""
    parts = {part: [value for name, value in tensors.items() if name.startswith(part)] for part in PARTS}
    return {
        f"{kind} {part}": torch.cat([value.flatten() for value in values]).norm().item()
        for part, values in [("all", list(tensors.values())), *parts.items()]
        if values
    }


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_steps_are_those_of_the_code_that_the_recipe_stands_for(recipe, method, doubles):
    run = training(recipe, method)
    run.model.train()
    steps = [take_step(run, step) for step in range(5)]
    assert steps[0]["gradient all"] == pytest.approx(0.5, rel=1e-5)  # clipped
    for number, found in (("1", steps[0]), ("5", steps[4])):
        assert found == pytest.approx(STORED[f"{recipe} {method}"][number], rel=1e-6)
