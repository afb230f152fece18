"""Which learning rate suits which frame set, for the baseline and for FFN?

    python -m study run experiments/learning_rates.py --data DATA
    python -m study run experiments/learning_rates.py --scale demo

About 247 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

TSM at each count and FFN with three frame sets at five learning rates around the paper's 0.01 (32 clips a step),
ResNet-50. Nothing published: the paper gives the one rate. 0.01 should be near the best for all.
"""

from experiments.methods import ffn, separated
from study.plan.experiment import Experiment

RATES = (0.0025, 0.005, 0.01, 0.02, 0.04)
BASES = (*separated(4, 8, 16), ffn(4, 16), ffn(4, 8, 16), ffn(4, 8, 12, 16))

experiment = Experiment(
    name="learning_rates",
    question="Which learning rate suits which frame set, for the baseline and for FFN?",
    trials=tuple(base.vary(lr=rate) for base in BASES for rate in RATES),
    eval_frames=(4, 8, 12, 16),
)
