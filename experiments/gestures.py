"""Does the deviation show on real hands, what repairs it there, and what is pre-training on synthetic motions worth?

    git clone https://github.com/varunj/EgoGestAR
    python -m study data index EgoGestAR --pattern 'testvideo/testvideo_{class}_*.mp4' --exclude unclassified --folds 5
    python -m study run experiments/gestures.py --data EgoGestAR --out results/gestures

TSM at 16 frames, Separated Training at 4 and 8, at equal epochs and for as many frames as FFN, and FFN {4, 8, 16}, on
the ten air-drawn gestures of EgoGestAR, in five folds. Its authors state no licence, so its videos are no part of this
project. Each network begins with its own arm's weights after the synthetic motions; variants begin with TSM 16's, or
from scratch. Took 43 minutes on two cores of one machine and 91 on two of a slower one.
"""

from collections.abc import Sequence
from dataclasses import replace

from experiments.demo import FFN, SEPARATED, TINY
from experiments.methods import MIX
from ffn.data.synthetic import SyntheticDataset
from study.plan.experiment import Experiment
from study.plan.scale import over_folds
from study.plan.trial import Trial

FOLDS = 5
EPOCHS = 50
RECALIBRATION_CLIPS = 160
FROM_TSM, FROM_SCRATCH, EQUAL_FRAMES = "from TSM 16", "from scratch", "equal frames"


def pre_training(base: Trial) -> Trial:
    """The demo's trial, as a beginning for others."""
    return base.vary(synthetic=SyntheticDataset(motions="slow"), recalibration_clips=0)


def on_gestures(start: Trial) -> Trial:
    """The network of ``start``, trained on the gestures."""
    return start.vary(synthetic=None, start=start, recipe=MIX, epochs=EPOCHS, lr=0.02, weight_decay=5e-4)


def for_equal_frames(trial: Trial, other: Trial) -> Trial:
    """The same trial for as many frames as ``other`` is trained on."""
    epochs = round(other.training_frames / sum(trial.training.frame_counts))
    return trial.vary(variant=EQUAL_FRAMES, epochs=epochs)


def in_folds(name: str, question: str, trials: Sequence[Trial]) -> Experiment:
    """The trials and what they begin with, in each fold of the gestures."""
    return over_folds(
        Experiment(
            name=name,
            question=question,
            trials=tuple(dict.fromkeys((*(start for trial in trials for start in starts(trial)), *trials))),
            eval_frames=(4, 6, 8, 12, 16, 24),
            validation_frames=(4, 8, 16),
            decoded_cache=True,
        ),
        FOLDS,
    )


def starts(trial: Trial) -> tuple[Trial, ...]:
    """What ``trial`` begins with, and what that begins with, the first one first."""
    return (*starts(trial.start), trial.start) if isinstance(trial.start, Trial) else ()


TSM_START, FFN_START = pre_training(TINY), pre_training(FFN)
SEPARATED_STARTS = tuple(map(pre_training, SEPARATED))

TSM = on_gestures(TSM_START).vary(recalibration_clips=RECALIBRATION_CLIPS)
FLEXIBLE = on_gestures(FFN_START)
SEPARATELY = tuple(map(on_gestures, SEPARATED_STARTS))

experiment = in_folds(
    "gestures",
    "Does the deviation show on real hands, what repairs it there, and what is pre-training on synthetic motions "
    "worth?",
    (
        TSM,
        *SEPARATELY,
        *(for_equal_frames(trial, FLEXIBLE) for trial in SEPARATELY),
        FLEXIBLE,
        *(replace(trial, start=TSM_START, variant=FROM_TSM) for trial in (*SEPARATELY, FLEXIBLE)),
        replace(TSM, start=None, variant=FROM_SCRATCH, recalibration_clips=0),
    ),
)
