"""Which method serves every frame count on real hands? (the paper's Table 1)

    python -m study run experiments/gestures_methods.py --data EgoGestAR --seeds 3 --out results/gestures_methods

TSM, Mixed (rho=0.50), Proportional (p=0.50), Fine-tuning, Ensemble, Separated Training and FFN {4, 8, 16} for as many
epochs each, in five folds of the ten air-drawn gestures (``experiments/gestures.py``, which says how to get them). TSM,
Separated Training and FFN begin with their own arm's weights after the synthetic motions, Mixed, Proportional and
Fine-tuning with TSM 16's. Fine-tuning has half as many epochs again at 4 frames, with the learning rate restarted.
"""

from experiments.gestures import EPOCHS, FLEXIBLE, SEPARATELY, TSM, TSM_START, in_folds, on_gestures
from experiments.methods import ensemble
from experiments.table1_methods import FINE_TUNED, MIXED, PROPORTIONAL
from study.plan.scale import PAPER_EPOCHS, trial_at_demo_scale
from study.plan.trial import Trial


def as_on_gestures(paper: Trial) -> Trial:
    """The method of one of the paper's trials, from TSM 16's weights after the synthetic motions."""
    trial = on_gestures(trial_at_demo_scale(paper))
    return trial.vary(start=TSM_START, epochs=EPOCHS * paper.training.epochs // PAPER_EPOCHS)


experiment = in_folds(
    "gestures_methods",
    "Which method serves every frame count on real hands?",
    (
        TSM,
        *SEPARATELY,
        *map(as_on_gestures, (MIXED[0], PROPORTIONAL[0], FINE_TUNED)),
        ensemble((TSM, *SEPARATELY)),
        FLEXIBLE,
    ),
)
