"""Can one network serve every frame count as well as a network trained for each, on real hands?

    python -m study run experiments/gestures_beyond_ffn.py --data EgoGestAR --seeds 3 --out results/gestures_beyond_ffn

The network of ``experiments/beyond_ffn.py`` (temporal kernels in place of shift and scales, a classifier per count, a
sandwich of {4, 6, 8, 12, 16}, cross-entropy beside distillation) beside FFN {4, 8, 16} and Separated Training, in five
folds of the gestures (``experiments/gestures.py``, which says how to get them). Its step takes 28.7 frames a clip, that
of FFN 28; Separated Training is there for as many epochs and for as many frames as FFN. Each begins with its own arm's
weights after the synthetic motions, and this network and Separated Training also with those of TSM 16.
"""

from dataclasses import replace

from experiments.beyond_ffn import CROSS_ENTROPY
from experiments.gestures import (
    FLEXIBLE,
    FROM_TSM,
    SEPARATELY,
    TSM,
    TSM_START,
    for_equal_frames,
    in_folds,
    on_gestures,
    pre_training,
)
from study.plan.scale import trial_at_demo_scale

BEYOND = on_gestures(pre_training(trial_at_demo_scale(CROSS_ENTROPY).vary(variant="beyond")))

experiment = in_folds(
    "gestures_beyond_ffn",
    "Can one network serve every frame count as well as a network trained for each, on real hands?",
    (
        TSM,
        *SEPARATELY,
        *(for_equal_frames(trial, FLEXIBLE) for trial in SEPARATELY),
        FLEXIBLE,
        BEYOND,
        *(replace(trial, start=TSM_START, variant=FROM_TSM) for trial in SEPARATELY),
        replace(BEYOND, start=TSM_START, variant=f"beyond {FROM_TSM}"),
    ),
)
