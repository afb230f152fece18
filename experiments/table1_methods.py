"""Which method serves every frame count? (the paper's Table 1)

    python -m study run experiments/table1_methods.py --data DATA
    python -m study run experiments/table1_methods.py --scale demo --seeds 3

About 56 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

TSM, Mixed, Proportional, Fine-tuning, Ensemble, Separated Training and FFN with ResNet-50. Published on
Something-Something V1, top-1 at 4 / 8 / 16 frames, one clip and one centre crop of 224 pixels:

    TSM 20.60 / 37.36 / 48.55                 Mixed rho=0.50 27.89 / 41.07 / 48.44, rho=0.75 30.43 / 42.56 / 47.81
    Fine-tuning 39.95 / 40.37 / 28.96         Proportional p=0.50 37.56 / 44.82 / 45.37, p=0.75 32.06 / 43.15 / 47.14
    Ensemble 35.88 / 46.25 / 46.82            Separated Training 39.71 / 45.63 / 48.55       FFN 42.85 / 48.20 / 50.79

The paper does not say how long it fine-tunes: here 25 epochs at 4 frames after 50 at 16, restarting the rate.
"""

from experiments.methods import TSM, ensemble, ffn, separated
from ffn.training.frame_schedule import fine_tuned, mixed, proportional
from ffn.training.objectives import Mixed
from study.plan.experiment import Experiment

HIGH, LOW = 16, 4
MIXED = tuple(
    TSM.vary(
        method="mixed", objective=Mixed(), variant=f"rho={share:.2f}", schedule=mixed(HIGH, LOW, probability=share)
    )
    for share in (0.5, 0.75)
)
PROPORTIONAL = tuple(
    TSM.vary(method="proportional", variant=f"p={share:.2f}", schedule=proportional(HIGH, LOW, probability=share))
    for share in (0.5, 0.75)
)
FINE_TUNED = TSM.vary(method="finetune", schedule=fine_tuned(HIGH, LOW, share=1 / 3), epochs=75)
SEPARATED = separated(4, 8, 16)

experiment = Experiment(
    name="table1_methods",
    question="Which method serves every frame count?",
    trials=(*SEPARATED, *MIXED, *PROPORTIONAL, FINE_TUNED, ensemble(SEPARATED), ffn(4, 8, 16)),
    eval_frames=(4, 8, 16),
)
