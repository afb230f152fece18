"""Which part of the network beyond FFN earns its place?

    python -m study run experiments/beyond_ffn_parts.py --data DATA
    python -m study run experiments/beyond_ffn_parts.py --scale demo --seeds 3

About 98 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates. At demo scale, on the
synthetic set "fine" (another with ``--data``), about 20 minutes of one core a seed.

``beyond_ffn.py``'s best network with one thing changed at a time: without temporal kernels, without a classifier per
count, with other objectives in place of cross-entropy beside distillation, and at equal cost: five separate networks
take 46 frames a step together and a sandwich 28.7, so it trains 1.6 times as long. Nothing published.
"""

from dataclasses import replace

from experiments.beyond_ffn import COUNTS, CROSS_ENTROPY, FULL, PARTS
from ffn.data.synthetic import SyntheticDataset
from ffn.training.objectives import Distillation
from study.plan.experiment import Experiment

EQUAL_COST = sum(COUNTS) / (4 + 16 + (6 + 8 + 12) / 3)
KEPT_BY_A_STEP = 0.99
WITHOUT = {
    "without kernels": {"parts": replace(PARTS, temporal_kernels=False)},
    "without classifier": {"parts": replace(PARTS, classifier=False)},
}
OTHER_OBJECTIVES = {
    "distilled after 0.3": {"objective": Distillation(begins_at=0.3)},
    "averaged weights": {"averaging": KEPT_BY_A_STEP},
    "averaged teacher": {"averaging": KEPT_BY_A_STEP, "objective": Distillation(averaged_teacher=True)},
}

experiment = Experiment(
    name="beyond_ffn_parts",
    question="Which part of the network beyond FFN earns its place?",
    trials=(
        CROSS_ENTROPY,
        *(CROSS_ENTROPY.vary(variant=name, **changes) for name, changes in WITHOUT.items()),
        *(FULL.vary(variant=name, **changes) for name, changes in OTHER_OBJECTIVES.items()),
        CROSS_ENTROPY.vary(variant="at equal cost", epochs=round(FULL.training.epochs * EQUAL_COST)),
    ),
    eval_frames=(2, 4, 6, 8, 12, 16, 24),
    synthetic=SyntheticDataset(motions="fine"),
)
