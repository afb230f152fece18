"""Settings of every method and kind of schedule, small enough for tests."""

from dataclasses import replace

from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant, fine_tuned, in_phases, mixed, proportional, sampled, sandwich
from ffn.training.objectives import Distillation, Mixed
from ffn.training.recipe import EARLIER, PAPER, RELEASED

METHODS = {
    "tsm": {"schedule": constant(4)},
    "ffn": {"schedule": constant(2, 4), "parts": Parts(), "objective": Distillation()},
    "proportional": {"schedule": proportional(4, 2, probability=0.5)},
    "mixed": {"schedule": mixed(4, 2, probability=0.5), "objective": Mixed()},
    "finetune": {"schedule": fine_tuned(4, 2, share=0.5)},
    "curriculum": {"schedule": in_phases((2,), (4,))},
    "sampled": {"schedule": sampled((2, 4), (3, 4)), "parts": Parts()},
}
METHODS["released"] = METHODS["ffn"] | {"recipe": replace(RELEASED, batchnorm_clips=6), "precision": "bfloat16"}
METHODS["earlier"] = METHODS["ffn"] | {"recipe": EARLIER}
METHODS["beyond"] = METHODS["ffn"] | {
    "schedule": sandwich(2, 3, 4, 6),
    "recipe": replace(PAPER, frame_sampling="mix"),
    "parts": Parts(temporal_kernels=True, classifier=True),
    "objective": Distillation(cross_entropy_weight=0.5, begins_at=0.4, averaged_teacher=True),
    "averaging": 0.8,
    "data_share": 0.8,
}
