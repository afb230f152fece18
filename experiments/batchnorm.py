"""How much of temporal frequency deviation is BatchNorm's statistics alone?

    python -m study run experiments/batchnorm.py --data DATA
    python -m study run experiments/batchnorm.py --scale demo

About 41 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

TSM at 16 frames as trained, and with its BatchNorm statistics recomputed over training clips at each evaluated count,
without changing a parameter; also Separated Training, FFN, and FFN with one shared BatchNorm, ResNet-50. Nothing
published: the paper explains the deviation by the statistics and does not measure how much they explain. Its
Something-Something V2 figures frame the answer: TSM 31.52 and Separated Training 53.38 at 4 frames.
"""

from experiments.methods import TSM, ffn, separated
from ffn.models.parts import Parts
from study.plan.experiment import Experiment

CLIPS = 2048

experiment = Experiment(
    name="batchnorm",
    question="How much of temporal frequency deviation is BatchNorm's statistics alone?",
    trials=(
        TSM.vary(recalibration_clips=CLIPS),
        *separated(4, 8, 12),
        ffn(4, 8, 16),
        ffn(4, 8, 16, variant="without SN", parts=Parts(normalisation=False)),
    ),
    eval_frames=(2, 4, 6, 8, 10, 12, 14, 16, 20, 24),
)
