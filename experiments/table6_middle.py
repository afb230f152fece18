"""Which middle count serves the counts between best? (the paper's Table 6)

    python -m study run experiments/table6_middle.py --data DATA
    python -m study run experiments/table6_middle.py --scale demo

About 68 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

FFN {4, m, 16} for m = 8, 10 and 12, TSM and Separated Training, ResNet-50. Published on Something-Something V1, top-1
with one clip and one centre crop of 224 pixels at 4 / 6 / 8 / 10 / 12 / 14 / 16 frames:

    TSM            20.60 / 30.23 / 37.36 / 42.72 / 45.97 / 47.49 / 48.55
    Separated      39.71 / 43.73 / 45.63 / 47.31 / 47.71 / 48.01 / 48.55
    FFN, m = 8     42.85 / 46.57 / 48.20 / 48.81 / 48.90 / 50.47 / 50.79
    FFN, m = 10    43.10 / 44.77 / 47.81 / 49.26 / 49.63 / 50.67 / 51.12
    FFN, m = 12    42.92 / 43.57 / 46.82 / 48.85 / 49.73 / 50.40 / 50.79
"""

from experiments.methods import ffn, separated
from study.plan.experiment import Experiment

COUNTS = (4, 6, 8, 10, 12, 14, 16)

experiment = Experiment(
    name="table6_middle",
    question="Which middle count serves the counts between best?",
    trials=(*separated(*COUNTS), *(ffn(4, middle, 16) for middle in (8, 10, 12))),
    eval_frames=COUNTS,
)
