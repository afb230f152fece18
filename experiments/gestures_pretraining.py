"""Does drawing more motion make real gestures better, and does it change the deviation?

    python -m study run experiments/gestures_pretraining.py --data EgoGestAR --out results/gestures_pretraining

TSM at 16 frames and FFN {4, 8, 16} on the gestures (``experiments/gestures.py``, which says how to get them) from
scratch, and after synthetic motions: the sets "slow" and "fine" with 300, 1,000, 3,000 and 10,000 clips, and "fine"
after "slow" with 3,000 of each. The same steps are taken over few clips as over many: about 21,000 clips are seen,
those of seven epochs of 3,000.
"""

from dataclasses import replace

from experiments.demo import EPOCHS, FFN, TINY
from experiments.gestures import in_folds, on_gestures, pre_training
from ffn.data.synthetic import SyntheticDataset
from study.plan.trial import Trial

CLIPS = (300, 1000, 3000, 10_000)
SEEN = 3000 * EPOCHS


def drawn(base: Trial, motions: str, clips: int) -> Trial:
    """The network of ``base`` after ``SEEN`` clips of one set."""
    start = pre_training(base.vary(epochs=round(SEEN / clips), variant=f"{motions} {clips}"))
    return replace(start, synthetic=SyntheticDataset(motions=motions, train=clips))


def both(base: Trial) -> Trial:
    """The network after "slow", then after "fine"."""
    return drawn(base, "fine", 3000).vary(start=drawn(base, "slow", 3000), variant="fine after slow")


def beginnings(base: Trial) -> list[Trial]:
    """The pre-trainings that are compared."""
    return [*(drawn(base, motions, clips) for motions in ("slow", "fine") for clips in CLIPS), both(base)]


def from_scratch(base: Trial) -> Trial:
    """The network on the gestures without any pre-training."""
    return replace(on_gestures(pre_training(base)), start=None, variant="from scratch")


experiment = in_folds(
    "gestures_pretraining",
    "Does drawing more motion make real gestures better, and does it change the deviation?",
    [trial for base in (TINY, FFN) for trial in (from_scratch(base), *map(on_gestures, beginnings(base)))],
)
