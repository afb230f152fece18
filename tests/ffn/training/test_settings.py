import json
from dataclasses import replace

import pytest

from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant, sandwich
from ffn.training.objectives import CrossEntropy, Distillation, Mixed
from ffn.training.recipe import EARLIER, PAPER, RELEASED, Recipe
from ffn.training.settings import TrainingSettings


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("backbone", "resnet34"),
        ("objective", "cross_entropy"),
        ("precision", "int8"),
        ("lr_schedule", "linear"),
        ("epochs", 0),
        ("batch_size", -1),
        ("lr", 0.0),
        ("lr", float("inf")),
        ("momentum", 1.0),
        ("dropout", 1.5),
        ("weight_decay", -1e-4),
        ("lr_milestones", (0.4, 1.2)),
        ("data_share", 0.0),
        ("averaging", 1.0),
        ("objective", Distillation(averaged_teacher=True)),
        ("start", "tsm.pt"),
    ],
)
def test_wrong_values_are_refused_with_the_fields_name(field, value):
    with pytest.raises(ValueError, match=field):
        TrainingSettings(**{field: value})


@pytest.mark.parametrize("objective", [CrossEntropy(), Distillation(weight=0.3, averaged_teacher=True), Mixed()])
@pytest.mark.parametrize("recipe", [PAPER, RELEASED, EARLIER])
@pytest.mark.parametrize("parts", [None, Parts(classifier=True)])
def test_settings_come_back_from_plain_values(objective, recipe, parts):
    settings = TrainingSettings(
        objective=objective, recipe=recipe, parts=parts, averaging=0.5, schedule=sandwich(2, 4, 8, 16)
    )
    assert TrainingSettings.from_dict(json.loads(json.dumps(settings.as_dict()))) == settings


@pytest.mark.parametrize(
    ("change", "named"),
    [({"colour": "red"}, "colour"), ({"objective": "distillation"}, "objective"), ({"recipe": {"colour": 1}}, "colour"),
     ({"objective": {"name": "distillation", "colour": 1}}, "colour")],
)  # fmt: skip
def test_plain_values_of_another_version_are_refused_by_name(change, named):
    with pytest.raises(ValueError, match=named):
        TrainingSettings.from_dict(TrainingSettings().as_dict() | change)


def test_a_missing_field_is_named():
    values = TrainingSettings().as_dict()
    del values["objective"]
    with pytest.raises(ValueError, match="objective"):
        TrainingSettings.from_dict(values)


def test_crop_must_fit():
    with pytest.raises(ValueError, match="size"):
        TrainingSettings(crop_size=224, short_side=200)


@pytest.mark.parametrize("field", ["frame_sampling", "crop", "shift_window", "parameter_groups", "clip_gradients"])
def test_recipe_refuses_unknown_choices(field):
    with pytest.raises(ValueError, match=field):
        Recipe(**{field: "whatever"})


def test_only_the_released_recipe_leaks_between_clips():
    for recipe, window in ((PAPER, None), (EARLIER, None), (RELEASED, 16)):
        settings = TrainingSettings(recipe=recipe, schedule=constant(4, 8, 16), parts=Parts())
        assert settings.architecture(174)["training_window"] == window


def test_differences_name_the_rows():
    assert PAPER.differences(PAPER) == {}
    assert PAPER.differences(replace(PAPER, crop="multi_scale")) == {"crop": ("random", "multi_scale")}
