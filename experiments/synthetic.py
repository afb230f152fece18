"""The demonstration with five seeds and longer training, for an unattended run.

    python -m study run experiments/synthetic.py --out results/synthetic

The trials of ``demo.py`` with twice the epochs and seeds 0 to 4.
"""

from dataclasses import replace

from experiments.demo import EPOCHS
from experiments.demo import experiment as demo

experiment = replace(
    demo,
    name="synthetic",
    trials=tuple(trial.vary(seed=seed, epochs=2 * EPOCHS) for seed in range(5) for trial in demo.trials),
)
