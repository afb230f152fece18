"""Who needs more clips on real hands, FFN or Separated Training?

    python -m study run experiments/gestures_low_data.py --data EgoGestAR --seeds 3 --out results/gestures_low_data

FFN {4, 8, 16} and Separated Training on all, half and a quarter of the training clips of each fold of the gestures
(``experiments/gestures.py``, which says how to get them), for as many steps: fewer clips are seen more often. Each
begins with its own arm's weights after the synthetic motions.
"""

from experiments.gestures import FLEXIBLE, SEPARATELY, TSM, in_folds
from experiments.methods import on_share

SHARES = (0.5, 0.25)
ARMS = (TSM.vary(recalibration_clips=0), *SEPARATELY, FLEXIBLE)

experiment = in_folds(
    "gestures_low_data",
    "Who needs more clips on real hands, FFN or Separated Training?",
    (
        *ARMS,
        *(on_share(trial, share) for share in SHARES for trial in ARMS),
    ),
)
