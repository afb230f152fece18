"""Who needs more clips, FFN or Separated Training?

    python -m study run experiments/low_data.py --seeds 3

TSM at 16 frames, Separated Training at 4 and 8 and FFN {4, 8, 16} on all 3,000 training clips of the synthetic set
"slow", on 900, 300 and 174 (as many as a fold of the gestures has, ``experiments/gestures_low_data.py``), for as many
steps: fewer clips are seen more often.
"""

from experiments.demo import FFN, SEPARATED, TINY
from experiments.methods import on_share
from ffn.data.synthetic import SyntheticDataset
from study.plan.experiment import Experiment

CLIPS = 3000
FEWER = (900, 300, 174)
ARMS = (TINY.vary(recalibration_clips=0), *SEPARATED, FFN)

experiment = Experiment(
    name="low_data",
    question="Who needs more clips, FFN or Separated Training?",
    trials=(
        *ARMS,
        *(on_share(trial, number / CLIPS).vary(variant=f"{number} clips") for number in FEWER for trial in ARMS),
    ),
    eval_frames=(4, 6, 8, 12, 16, 24),
    eval_split="test",
    validation_frames=(4, 8, 16),
    synthetic=SyntheticDataset(motions="slow"),
    decoded_cache=True,
)
