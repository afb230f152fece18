"""The demonstration with five seeds and longer training, for a machine left alone.

    python -m study run experiments/synthetic.py --out results/synthetic

The arms of ``demo.py`` at the same two learning rates, twice the epochs, seeds 0 to 4.
"""

from dataclasses import replace

from experiments.demo import EPOCHS
from experiments.demo import experiment as demo

experiment = replace(
    demo,
    name="synthetic",
    trials=tuple(trial.vary(seed=seed, epochs=2 * EPOCHS) for seed in range(5) for trial in demo.trials),
)
