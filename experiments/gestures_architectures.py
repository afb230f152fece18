"""Which architectures lose their accuracy at fewer frames on real hands, and what repairs it in each?

    python -m study run experiments/gestures_architectures.py --data EgoGestAR --out results/architectures_gestures

The networks of ``experiments/architectures.py`` on the gestures (``experiments/gestures.py``, which says how to get
them), in five folds: each at 16 frames, separately at 4 and 8, and as FFN {4, 8, 16}, from its own arm's weights after
the synthetic motions.
"""

from experiments.architectures import CONVOLUTIONAL, TRANSFORMER, TSN, arms
from experiments.demo import TINY
from experiments.gestures import in_folds, on_gestures, pre_training
from study.plan.trial import Trial

LR_SHARE = 0.4
"""Of the rate on synthetic motions: 0.02 after 0.05."""
RECALIBRATION_CLIPS = 160


def trained(start: Trial) -> Trial:
    """On the gestures; the transformer with its own optimiser's settings."""
    trial = on_gestures(start)
    if start.training.optimiser == "adamw":
        return trial.vary(lr=LR_SHARE * start.training.lr, weight_decay=start.training.weight_decay)
    recalibrated = start.method == "tsm" and start.training.frame_counts == (16,)
    return trial.vary(recalibration_clips=RECALIBRATION_CLIPS if recalibrated else 0)


experiment = in_folds(
    "gestures_architectures",
    "Which architectures lose their accuracy at fewer frames on real hands, and what repairs it in each?",
    [trained(pre_training(trial)) for base in (TSN, TINY, CONVOLUTIONAL, TRANSFORMER) for trial in arms(base)],
)
