"""A step must wait for nothing on the device. Torch's meta device has shapes and no values: reading one raises."""

import pytest

from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from ffn.training.objectives import Distillation

FFN = {"schedule": constant(2, 4), "parts": Parts(), "objective": Distillation()}
SETTINGS = {
    "ffn": FFN,
    "averaged": FFN | {"averaging": 0.9, "objective": Distillation(averaged_teacher=True)},
    "tsm": {"schedule": constant(4)},
}


@pytest.mark.parametrize("method", SETTINGS)
def test_no_value_is_read_before_the_epochs_last_step_is_made(method, tiny_settings, clips):
    settings = tiny_settings(**SETTINGS[method])
    run = Training(settings, clips("train", settings), clips("validation", settings), num_classes=12, device="meta")
    with pytest.raises(NotImplementedError, match="meta tensor"):
        run.run_epoch(0)
    assert run.optimisation.steps_done == run.steps_per_epoch == 4
