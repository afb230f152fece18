"""Which learning rate and weight decay suit TSM, and which FFN, with the same budget for both?

    python -m study run experiments/search.py --data DATA
    python -m study run experiments/search.py --scale demo

About 208 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates, less what early stopping
saves; half an hour at demo scale.

TSM at 16 frames and FFN {4, 8, 16}, ResNet-50, with the paper's settings and with ten others each, which Optuna
suggests from the mean accuracy at 4, 8 and 16 frames. ASHA ends trials that fall behind others of their arm. For random
settings instead: ``trials=random_trials(BASES, SPACE, samples=10)`` and no ``search``. Nothing published: the paper
gives the one setting, 0.01 and 0.0005.
"""

from experiments.methods import ffn, tsm
from study.plan.experiment import Experiment
from study.plan.search import Search, loguniform
from study.plan.stopping import Stopping

BASES = (tsm(16), ffn(4, 8, 16))
SPACE = {"lr": loguniform(0.002, 0.05), "weight_decay": loguniform(5e-5, 5e-3)}

experiment = Experiment(
    name="search",
    question="Which learning rate and weight decay suit TSM, and which FFN, with the same budget for both?",
    trials=BASES,
    eval_frames=(4, 8, 16),
    validation_frames=(4, 8, 16),
    score_frames=(4, 8, 16),
    search=Search(space=SPACE, samples=10),
    stopping=Stopping(method="asha", grace_epochs=5, reduction=3),
)
