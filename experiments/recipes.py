"""What does each difference between the earlier reproduction and the released code cost?

    python -m study run experiments/recipes.py --data DATA
    python -m study run experiments/recipes.py --scale demo

About 206 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes at demo scale.

TSM at 16 frames and FFN {4, 8, 16} under the earlier recipe, under the released one, and under the earlier one with
one row at a time turned to the released value (``python -m study show experiments/recipes.py`` lists the rows).
Published on Something-Something V2, top-1 with one clip and one centre crop of 224 pixels at 4 / 8 / 16 frames:

    released    TSM 31.52 / 51.55 / 61.02    FFN 56.07 / 61.86 / 63.61
    earlier     TSM 30.13 / 48.93 / 56.68    FFN 50.86 / 56.52 / 58.85
"""

from dataclasses import replace

from experiments.methods import ffn, tsm
from ffn.training.recipe import EARLIER, RELEASED
from study.plan.experiment import Experiment

ROWS = EARLIER.differences(RELEASED)
TURNED = {f"earlier with {row}={value}": replace(EARLIER, **{row: value}) for row, (_, value) in ROWS.items()}
RECIPES = {"earlier": EARLIER, **TURNED, "released": RELEASED}

experiment = Experiment(
    name="recipes",
    question="What does each difference between the earlier reproduction and the released code cost?",
    trials=tuple(
        base.vary(recipe=recipe, variant=name) for name, recipe in RECIPES.items() for base in (tsm(16), ffn(4, 8, 16))
    ),
    eval_frames=(4, 8, 16),
)
