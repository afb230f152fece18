"""How cheaply does a trained TSM become frame-flexible?

    python -m study run experiments/retrofit.py --data DATA
    python -m study run experiments/retrofit.py --scale demo --seeds 3

About 27 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates. At demo scale, on the synthetic
set "fine" (another with ``--data``), about five minutes of one core a seed.

TSM trained at 16 frames is frozen, and a branch for 4 frames is trained beside it: its BatchNorms, temporal kernels and
classifier, one by one and together, and by the amount of training and of training videos. At 16 frames nothing changes.
The ends of the scale are the TSM with re-calibrated statistics, and Separated Training at 4 frames under the same frame
sampling. Nothing published; the paper's Separated Training is 21.86 points above TSM at 4 frames on
Something-Something V2.
"""

from experiments.methods import MIX, TSM, retrofit, separated
from ffn.data.synthetic import SyntheticDataset
from study.plan.experiment import Experiment

PARTS = (
    ("bn",),
    ("scales",),
    ("classifier",),
    ("bn", "scales"),
    ("bn", "kernels"),
    ("bn", "classifier"),
    ("bn", "kernels", "classifier"),
    ("bn", "kernels", "classifier", "weights"),
)
SOURCE = TSM.vary(recalibration_clips=2048)
LENGTHS = {"short": 7, "long": 70}
"""Epochs; 35 else."""
SHARES = {0.1: 350, 0.01: 700}
"""Share of the training videos -> epochs: with fewer videos each is seen more often."""


def to_four(*parts: str, **changes):
    """A branch for 4 frames."""
    return retrofit(SOURCE, 4, parts=parts, **({"epochs": 35} | changes))


FULL = ("bn", "kernels", "classifier")

experiment = Experiment(
    name="retrofit",
    question="How cheaply does a trained TSM become frame-flexible?",
    trials=(
        SOURCE,
        *separated(4, 8, base=TSM.vary(variant="mix", recipe=MIX)),
        *(to_four(*parts) for parts in PARTS),
        *(to_four(*FULL, variant=name, epochs=epochs) for name, epochs in LENGTHS.items()),
        *(
            to_four(*FULL, variant=f"data {share:g}", data_share=share, epochs=epochs)
            for share, epochs in SHARES.items()
        ),
        retrofit(SOURCE, 8, epochs=35),
        retrofit(SOURCE, 4, 8, epochs=35),
    ),
    eval_frames=(2, 4, 6, 8, 12, 16, 24),
    synthetic=SyntheticDataset(motions="fine"),
)
