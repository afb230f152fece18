"""How cheaply does a trained TSM become frame-flexible on real hands?

    python -m study run experiments/gestures_retrofit.py --data EgoGestAR --seeds 3 --out results/gestures_retrofit

TSM trained at 16 frames on the gestures (``experiments/gestures.py``, which says how to get them) is frozen, and a
branch for 4 frames is trained beside it: by its parts, and by the share of training clips, for as many steps. At 16
frames nothing changes. The ends of the scale are the TSM with re-calibrated statistics, and Separated Training.
"""

from experiments.gestures import SEPARATELY, TSM, in_folds
from experiments.methods import on_share, retrofit

PARTS = (
    ("bn",),
    ("bn", "classifier"),
    ("bn", "kernels"),
    ("bn", "kernels", "classifier"),
    ("bn", "kernels", "classifier", "weights"),
)
FULL = ("bn", "kernels", "classifier")
SHARES = (0.5, 0.25)

experiment = in_folds(
    "gestures_retrofit",
    "How cheaply does a trained TSM become frame-flexible on real hands?",
    (
        TSM,
        *SEPARATELY,
        *(retrofit(TSM, 4, parts=parts) for parts in PARTS),
        *(on_share(retrofit(TSM, 4, parts=FULL), share) for share in SHARES),
    ),
)
