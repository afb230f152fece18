"""Which architectures lose their accuracy at fewer frames, and what repairs it in each?

    python -m study run experiments/architectures.py --seeds 3
    python -m study run experiments/architectures.py --data DATA --seeds 3 --out results/architectures_fine

Four tiny networks: TSN, which averages over frames that do not meet; TSM, which shifts channels between them; R(2+1)D,
whose convolutions span time; and a vision transformer with attention between all frames, which has LayerNorm where
the others have BatchNorm. Each is trained at 16 frames, separately at 4 and 8, and as FFN {4, 8, 16}; where there are
running statistics, they are also recomputed at each count. On the synthetic set "slow" (another with ``--data``, such
as "fine"), about half an hour of two CPU cores a seed. What three seeds said is in docs/architectures.md. The paper's
TSM on Something-Something V2 with ResNet-50 has 61.02 / 51.55 / 31.52 at 16 / 8 / 4 frames, its FFN 63.61 / 61.86 /
56.07.

All have the demo's settings but the transformer: it has AdamW (one without the convolutions of its stem did not learn
with SGD), and twice the epochs, as its accuracy on validation clips still rose. Nothing was searched for the others.
"""

from experiments.demo import TINY
from experiments.methods import ffn, separated
from ffn.data.synthetic import SyntheticDataset
from study.plan.experiment import Experiment
from study.plan.trial import Trial

TSN = TINY.vary(backbone="tsn_tiny")
CONVOLUTIONAL = TINY.vary(backbone="tiny_r2plus1d")
TRANSFORMER = TINY.vary(
    backbone="tiny_vit", optimiser="adamw", lr=1e-3, weight_decay=0.02, epochs=14, recalibration_clips=0
)


def arms(base: Trial) -> tuple[Trial, ...]:
    """The network at 16 frames, separate networks at 4 and 8, and the flexible one."""
    return (
        base,
        *(trial.vary(recalibration_clips=0) for trial in separated(4, 8, base=base)),
        ffn(4, 8, 16, base=base, recalibration_clips=0),
    )


experiment = Experiment(
    name="architectures",
    question="Which architectures lose their accuracy at fewer frames, and what repairs it in each?",
    trials=tuple(trial for base in (TSN, TINY, CONVOLUTIONAL, TRANSFORMER) for trial in arms(base)),
    eval_frames=(2, 4, 6, 8, 12, 16, 24),
    eval_split="test",
    validation_frames=(4, 8, 16),
    synthetic=SyntheticDataset(motions="slow"),
    decoded_cache=True,
)
