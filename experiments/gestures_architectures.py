"""Which architectures lose their accuracy at fewer frames on real hands, and what repairs it in each?

    python -m study run experiments/gestures_architectures.py --data EgoGestAR --out results/gestures_architectures

The networks of ``experiments/architectures.py`` on the gestures (``experiments/gestures.py``, which says how to get
them), in five folds: each at 16 frames, separately at 4 and 8, and as FFN {4, 8, 16}, from its own arm's weights after
the synthetic motions. About an hour and a quarter of two CPU cores a seed.
"""

from experiments.architectures import CONVOLUTIONAL, TRANSFORMER, TSN, arms
from experiments.demo import TINY
from experiments.gestures import RECALIBRATION_CLIPS, in_folds, on_gestures, pre_training
from study.plan.trial import Trial

TRANSFORMER_ON_GESTURES = {"lr": 8e-4, "weight_decay": TRANSFORMER.training.weight_decay, "epochs": 100}
"""With the others' 50 epochs and half the rate it fitted 60 % of the clips that it was trained on, with these 99 %."""


def trained(trial: Trial) -> Trial:
    """On the gestures after the synthetic motions; the transformer with its own optimiser's settings."""
    on_hands = on_gestures(pre_training(trial)).vary(
        recalibration_clips=min(trial.recalibration_clips, RECALIBRATION_CLIPS)
    )
    return on_hands.vary(**TRANSFORMER_ON_GESTURES) if trial.training.optimiser == "adamw" else on_hands


experiment = in_folds(
    "gestures_architectures",
    "Which architectures lose their accuracy at fewer frames on real hands, and what repairs it in each?",
    [trained(trial) for base in (TSN, TINY, CONVOLUTIONAL, TRANSFORMER) for trial in arms(base)],
)
