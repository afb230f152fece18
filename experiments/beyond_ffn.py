"""Can one network serve every frame count as well as a network trained for each?

    python -m study run experiments/beyond_ffn.py --data DATA
    python -m study run experiments/beyond_ffn.py --scale demo --seeds 3

About 95 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates. At demo scale, on the
synthetic set "fine" (another with ``--data``), about 20 minutes of one core a seed.

FFN trails Separated Training at 4 frames where evaluation strides evenly and training does not. Here FFN is varied in
its frame sampling (mix: half of the clips at an even stride), its parts (temporal kernels in place of shift and scales,
a classifier per count), its schedule (sandwich: 4, 16 and one of 6, 8, 12 in each step) and its objective
(cross-entropy beside distillation), beside Separated Training under the same sampling and for as many epochs. Five
separate networks take 46 frames a step together, a sandwich 28.7: ``beyond_ffn_parts.py`` has the equal cost.
Nothing published; the paper's FFN {4, 8, 16} is 3.1 points above Separated Training at 4 frames on
Something-Something V1.

Every network is also evaluated on frames drawn from each segment at random, as most of training draws them. Accuracy
that this recovers was lost to the even stride, which hides motion (aliasing); accuracy that recomputed BatchNorm
statistics recover was lost to the statistics.
"""

from dataclasses import replace

from experiments.methods import MIX, TSM, ffn, separated
from ffn.data.synthetic import SyntheticDataset
from ffn.models.parts import Parts
from ffn.training.frame_schedule import sandwich
from ffn.training.objectives import Distillation
from ffn.training.recipe import PAPER
from study.plan.experiment import Experiment
from study.plan.trial import Trial

COUNTS = (4, 6, 8, 12, 16)
EVEN = replace(PAPER, frame_sampling="even")
SANDWICH = {"schedule": sandwich(*COUNTS)}
PARTS = Parts(temporal_kernels=True, classifier=True)


def mixed_ffn(variant: str, *counts: int, **changes) -> Trial:
    """FFN with mixed frame sampling and ``changes``."""
    return ffn(*counts, variant=f"mix {variant}".strip(), recipe=MIX, **changes)


BESIDE = Distillation(cross_entropy_weight=1.0)
FULL = mixed_ffn("sandwich kernels classifier", *COUNTS, **SANDWICH, parts=PARTS)
CROSS_ENTROPY = FULL.vary(variant=f"{FULL.variant} cross-entropy beside", objective=BESIDE)

experiment = Experiment(
    name="beyond_ffn",
    question="Can one network serve every frame count as well as a network trained for each?",
    trials=(
        TSM.vary(recalibration_clips=2048),
        *separated(4, 8),
        *separated(*COUNTS, base=TSM.vary(variant="mix", recipe=MIX)),
        *separated(4, base=TSM.vary(variant="even", recipe=EVEN)),
        ffn(4, 8, 16),
        mixed_ffn("", 4, 8, 16),
        mixed_ffn("sandwich", *COUNTS, **SANDWICH),
        FULL,
        CROSS_ENTROPY,
    ),
    eval_frames=(2, 4, 6, 8, 12, 16, 24),
    samplings=("segments",),
    synthetic=SyntheticDataset(motions="fine"),
)
