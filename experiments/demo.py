"""Does a network trained at 16 frames collapse at 4, and what brings it back?

    python -m study run experiments/demo.py --out results/demo

TSM at 16 frames, Separated Training at 4 and 8, and FFN {4, 8, 16}, on the synthetic videos with a tiny network; TSM
and FFN at two learning rates. 10 to 20 minutes on two CPU cores. The paper's numbers belong to other data (SSv2, R50:
61.02 / 51.55 / 31.52 for TSM and 63.61 / 61.86 / 56.07 for FFN at 16 / 8 / 4 frames); the phenomenon is the same.
"""

from ffn.data.synthetic import SyntheticDataset
from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant
from ffn.training.objectives import Distillation
from study.plan.experiment import Experiment
from study.plan.trial import Trial

EPOCHS = 7
TINY = Trial().vary(
    backbone="tiny",
    schedule=constant(16),
    epochs=EPOCHS,
    batch_size=16,
    lr=0.05,
    lr_schedule="cosine",
    warmup_epochs=1.0,
    weight_decay=1e-4,
    dropout=0.0,
    short_side=56,
    crop_size=48,
    loader_workers=0,
    recalibration_clips=600,
)
SEPARATED = tuple(TINY.vary(schedule=constant(count), recalibration_clips=0) for count in (4, 8))
FFN = TINY.vary(
    method="ffn", schedule=constant(4, 8, 16), parts=Parts(), objective=Distillation(), recalibration_clips=0
)

experiment = Experiment(
    name="demo",
    question="Does a network trained at 16 frames collapse at 4, and what brings it back?",
    trials=(*(base.vary(lr=lr) for base in (TINY, FFN) for lr in (0.05, 0.025)), *SEPARATED),
    eval_frames=(2, 4, 6, 8, 12, 16, 24),
    eval_split="test",
    validation_frames=(4, 8, 16),
    synthetic=SyntheticDataset(motions="slow"),
    decoded_cache=True,
)
