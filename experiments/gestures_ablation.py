"""Which part of FFN does the work on real hands? (the paper's Table 4)

    python -m study run experiments/gestures_ablation.py --data EgoGestAR --seeds 3 --out results/gestures_ablation

FFN {4, 8, 16} without specialised normalisation (SN), weight alteration (WA), temporal distillation (TD, then
cross-entropy on every sequence), or weight sharing (WS), beside Separated Training, for 50 epochs each in five folds of
the gestures (``experiments/gestures.py``, which says how to get them). Each begins with its own arm's weights after the
synthetic motions.
"""

from experiments.gestures import FLEXIBLE, SEPARATELY, TSM, in_folds, on_gestures, pre_training
from experiments.table4_ablation import experiment as table4
from study.plan.scale import trial_at_demo_scale

ABLATED = tuple(on_gestures(pre_training(trial_at_demo_scale(trial))) for trial in table4.trials if trial.variant)

experiment = in_folds(
    "gestures_ablation",
    "Which part of FFN does the work on real hands?",
    (TSM, *SEPARATELY, FLEXIBLE, *ABLATED),
)
