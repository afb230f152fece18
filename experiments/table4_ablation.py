"""Which part of FFN does the work? (the paper's Table 4)

    python -m study run experiments/table4_ablation.py --data DATA
    python -m study run experiments/table4_ablation.py --scale demo

About 71 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

FFN {4, 8, 16} without specialised normalisation (SN), weight alteration (WA), temporal distillation (TD, then
cross-entropy on every sequence), or weight sharing (WS), ResNet-50. Published on Something-Something V1, top-1 with
one clip and one centre crop of 224 pixels at 4 / 8 / 16 frames:

    FFN          42.85 / 48.20 / 50.79      without SN   35.79 / 46.80 / 44.62      without WA   41.91 / 47.92 / 49.84
    Separated    39.71 / 45.63 / 48.55      without TD   39.61 / 45.65 / 48.07      without WS   41.51 / 47.16 / 48.23
"""

from experiments.methods import ffn, separated
from ffn.models.parts import Parts
from ffn.training.objectives import CrossEntropy
from study.plan.experiment import Experiment

COUNTS = (4, 8, 16)

experiment = Experiment(
    name="table4_ablation",
    question="Which part of FFN does the work?",
    trials=(
        *separated(*COUNTS),
        ffn(*COUNTS),
        ffn(*COUNTS, variant="without SN", parts=Parts(normalisation=False)),
        ffn(*COUNTS, variant="without WA", parts=Parts(alteration=False)),
        ffn(*COUNTS, variant="without TD", objective=CrossEntropy()),
        ffn(*COUNTS, variant="without WS", parts=Parts(weight_sharing=False)),
    ),
    eval_frames=COUNTS,
)
