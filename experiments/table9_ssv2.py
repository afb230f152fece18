"""Does FFN recover what TSM loses on Something-Something V2? (the paper's Table 9)

    python -m study run experiments/table9_ssv2.py --data DATA
    python -m study run experiments/table9_ssv2.py --scale demo

About 24 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

TSM, Separated Training and FFN {4, 8, 16}, ResNet-50; Kinetics-400 and HMDB51 by their folders in --data (on
Kinetics-400 the authors take a weight decay of 1e-4: docs/data.md). Published, top-1 with one clip and one centre crop
of 224 pixels at 4 / 8 / 16 frames:

    Something-Something V2    TSM 31.52 / 51.55 / 61.02    Separated 53.38 / 59.29 / 61.02    FFN 56.07 / 61.86 / 63.61
    Kinetics-400              TSM 64.10 / 69.77 / 73.16    Separated 66.25 / 70.38 / 73.16    FFN 68.96 / 72.33 / 74.35
    HMDB51                    TSM 42.16 / 46.38 / 48.30    Separated 44.74 / 46.77 / 48.30    FFN 45.67 / 47.67 / 48.80
    an earlier reproduction   TSM 30.13 / 48.93 / 56.68    (Something-Something V2)           FFN 50.86 / 56.52 / 58.85
"""

from experiments.methods import ffn, separated
from study.plan.experiment import Experiment

COUNTS = (4, 8, 16)

experiment = Experiment(
    name="table9_ssv2",
    question="Does FFN recover what TSM loses on Something-Something V2?",
    trials=(*separated(*COUNTS), ffn(*COUNTS)),
    eval_frames=COUNTS,
)
