"""Does FFN reach beyond 16 frames? (the paper's Table 3)

    python -m study run experiments/table3_more_frames.py --data DATA
    python -m study run experiments/table3_more_frames.py --scale demo

About 44 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

FFN {4, 8, 16, 24} beside Separated Training, ResNet-50. Published on Something-Something V1, top-1 with one clip and
one centre crop of 224 pixels at 4 / 8 / 16 / 24 frames:

    Separated Training    39.71 / 45.63 / 48.55 / 47.90
    FFN {4, 8, 16, 24}    41.28 / 46.72 / 49.79 / 49.95
"""

from experiments.methods import ffn, separated
from study.plan.experiment import Experiment

experiment = Experiment(
    name="table3_more_frames",
    question="Does FFN reach beyond 16 frames?",
    trials=(*separated(4, 8, 16, 24), ffn(4, 8, 16, 24)),
    eval_frames=(4, 8, 16, 24),
)
