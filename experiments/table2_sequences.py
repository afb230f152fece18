"""How many sequences should train together? (the paper's Tables 2 and 7)

    python -m study run experiments/table2_sequences.py --data DATA
    python -m study run experiments/table2_sequences.py --scale demo

About 54 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

FFN with 2, 3 and 4 sequences beside Separated Training, ResNet-50, at trained and untrained counts. Published on
Something-Something V1, top-1 with one clip and one centre crop of 224 pixels at 4 / 8 / 12 / 16 frames:

    Separated Training   39.71 / 45.63 / 47.71 / 48.55
    FFN {4, 16}          41.69 / 37.93 / 48.10 / 49.79
    FFN {4, 8, 16}       42.85 / 48.20 / 48.90 / 50.79
    FFN {4, 8, 12, 16}   43.40 / 48.66 / 49.77 / 50.63
"""

from experiments.methods import ffn, separated
from study.plan.experiment import Experiment

experiment = Experiment(
    name="table2_sequences",
    question="How many sequences should train together?",
    trials=(*separated(4, 8, 12, 16), ffn(4, 16), ffn(4, 8, 16), ffn(4, 8, 12, 16)),
    eval_frames=(4, 6, 8, 10, 12, 14, 16),
)
