"""Does the order or the sampling of frame counts matter?

    python -m study run experiments/schedules.py --data DATA
    python -m study run experiments/schedules.py --scale demo

About 44 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

One plain TSM trained at 16 frames, in a curriculum 4, 8, 16 and its reverse, at one count per step in proportion, and
FFN over fixed sets and over sets redrawn in each step (16, 4 and one between), ResNet-50. Published are the
proportional rows on Something-Something V1: p=0.50 37.56 / 44.82 / 45.37 at 4 / 8 / 16 frames, one clip and one crop.
"""

from experiments.methods import TSM, ffn
from ffn.training.frame_schedule import in_phases, proportional, sampled
from study.plan.experiment import Experiment

BETWEEN = (6, 8, 12)

experiment = Experiment(
    name="schedules",
    question="Does the order or the sampling of frame counts matter?",
    trials=(
        TSM,
        TSM.vary(variant="curriculum", schedule=in_phases((4,), (8,), (16,))),
        TSM.vary(variant="reversed", schedule=in_phases((16,), (8,), (4,))),
        TSM.vary(method="proportional", variant="p=0.50", schedule=proportional(16, 4, probability=0.5)),
        ffn(4, 8, 16),
        ffn(4, *BETWEEN, 16, variant="sampled", schedule=sampled(*((4, between, 16) for between in BETWEEN))),
    ),
    eval_frames=(4, 6, 8, 10, 12, 14, 16),
)
