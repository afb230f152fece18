from dataclasses import replace

import pytest
import torch

import ffn
from ffn.models.normalisation import normalisation_layers
from ffn.training.frame_schedule import fine_tuned
from ffn.training.optimisation import Optimisation, lr_factor, parameter_groups
from ffn.training.recipe import EARLIER, PAPER, Recipe
from ffn.training.settings import TrainingSettings


def rules(model, settings):
    """Parameter name -> (learning rate, decay) relative to the settings."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {
        names[id(parameter)]: (group["lr"] / settings.lr, group["weight_decay"] / settings.weight_decay)
        for group in parameter_groups(model, settings)
        for parameter in group["params"]
    }


def test_groups_of_the_official_tsm_cover_every_parameter_once():
    model = ffn.create_model("ffn_tiny", num_classes=3)
    found = rules(model, TrainingSettings())
    assert set(found) == {name for name, _ in model.named_parameters()}
    assert found["classifier.weight"] == (5, 1)
    assert found["classifier.bias"] == (10, 0)
    assert found["backbone.bn1.4.weight"] == found["backbone.bn1.4.bias"] == (1, 0)
    assert found["backbone.conv1.weight"] == (1, 1)
    assert found["backbone.blocks.0.conv1.alteration.4"] == (1, 1)


def test_attentions_biases_are_biases():
    model = ffn.create_model("tiny_vit", num_classes=3)
    found = rules(model, TrainingSettings(backbone="tiny_vit"))
    biases = {name for name in found if name.endswith(("in_proj_bias", "out_proj.bias"))}
    assert len(biases) == 2 * 3
    assert {found[name] for name in biases} == {(2, 0)}


def test_single_group_decays_everything():
    model = ffn.create_model("tsm_tiny", num_classes=3)
    assert set(rules(model, TrainingSettings(recipe=EARLIER)).values()) == {(1, 1)}


@pytest.mark.parametrize("recipe", [PAPER, EARLIER])
def test_temporal_kernels_never_decay(recipe):
    model = ffn.create_model("ffn_tiny", num_classes=3, temporal_kernels=True)
    found = rules(model, TrainingSettings(recipe=recipe))
    assert set(found) == {name for name, _ in model.named_parameters()}
    kernels = [name for name in found if "temporal_kernels" in name]
    assert len(kernels) == 12
    assert all(found[name] == (1, 0) for name in kernels)


def test_steps_follow_the_papers_epochs():
    settings = TrainingSettings(epochs=50)
    factors = [lr_factor(epoch * 10, settings, 500) for epoch in (0, 19, 20, 39, 40, 49)]
    assert factors == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


def test_warmup_rises_to_a_cosine_that_ends_at_zero():
    settings = TrainingSettings(epochs=10, lr_schedule="cosine", warmup_epochs=1)
    factors = [lr_factor(step, settings, 1000) for step in range(1000)]
    assert factors[:100] == sorted(factors[:100])
    assert max(factors) == pytest.approx(factors[100], abs=0.03)
    assert factors[100:] == sorted(factors[100:], reverse=True)
    assert factors[-1] < 1e-4


def test_fine_tuning_restarts_the_steps():
    settings = TrainingSettings(schedule=fine_tuned(16, 4, share=0.5))
    assert lr_factor(99, settings, 200) == pytest.approx(0.01)
    assert lr_factor(100, settings, 200) == 1


@pytest.mark.parametrize(
    ("when", "precision", "clipped"),
    [("always", "bfloat16", True), ("full_precision", "float32", True), ("full_precision", "bfloat16", False),
     ("never", "float32", False)],
)  # fmt: skip
def test_gradients_are_clipped_when_the_recipe_says_so(when, precision, clipped):
    recipe = replace(Recipe(), clip_gradients=when, parameter_groups="single")
    settings = TrainingSettings(
        recipe=recipe, precision=precision, lr=1.0, momentum=0.0, weight_decay=0.0, max_gradient_norm=2.0
    )
    model = torch.nn.Linear(1, 1, bias=False)
    model.classifier_name = ""
    before = model.weight.item()
    optimisation = Optimisation(model, settings, 10, torch.device("cpu"))
    optimisation.backward((model.weight * 100).sum())
    optimisation.step()
    assert before - model.weight.item() == pytest.approx(2.0 if clipped else 100.0, rel=1e-3)


def test_adamw_has_one_learning_rate_and_decays_neither_biases_nor_normalisation():
    settings = TrainingSettings(optimiser="adamw", lr=0.5, weight_decay=0.1, momentum=0.8)
    model = ffn.create_model("ffn_tiny_vit", 3, (2, 4))
    optimiser = Optimisation(model, settings, 10, torch.device("cpu")).optimiser
    assert {group["initial_lr"] for group in optimiser.param_groups} == {0.5}
    assert {group["betas"] for group in optimiser.param_groups} == {(0.8, 0.999)}
    kept = {
        id(parameter) for group in optimiser.param_groups if not group["weight_decay"] for parameter in group["params"]
    }
    norms = {id(parameter) for layer in normalisation_layers(model) for parameter in layer.parameters()}
    assert kept == norms | {id(value) for name, value in model.named_parameters() if name.endswith("bias")}
