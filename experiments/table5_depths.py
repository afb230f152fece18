"""Does FFN work at every depth? (the paper's Table 5)

    python -m study run experiments/table5_depths.py --data DATA
    python -m study run experiments/table5_depths.py --scale demo

About 56 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

TSM, Separated Training and FFN {4, 8, 16} with ResNet-18 and ResNet-101 (ResNet-50 is Table 1); at demo scale both
become the tiny network. Published on Something-Something V1, top-1 with one clip and one centre crop of 224 pixels at
4 / 8 / 16 frames:

    ResNet-18    TSM 16.82 / 33.12 / 42.95    Separated 32.33 / 38.21 / 42.95    FFN 36.83 / 41.61 / 43.57
    ResNet-101   TSM 22.15 / 39.30 / 49.57    Separated 40.76 / 46.96 / 49.57    FFN 45.15 / 50.24 / 51.79
"""

from experiments.methods import TSM, ffn, separated
from study.plan.experiment import Experiment

COUNTS = (4, 8, 16)
DEPTHS = tuple(TSM.vary(backbone=depth, variant=depth) for depth in ("resnet18", "resnet101"))

experiment = Experiment(
    name="table5_depths",
    question="Does FFN work at every depth?",
    trials=tuple(trial for base in DEPTHS for trial in (*separated(*COUNTS, base=base), ffn(*COUNTS, base=base))),
    eval_frames=COUNTS,
)
