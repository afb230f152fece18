"""What does each difference between the earlier reproduction and the released code cost?

    python -m study run experiments/recipes.py --data DATA
    python -m study run experiments/recipes.py --scale demo --seeds 5

About 206 hours of one H200 at Something-Something V2's size, as ``--dry-run`` estimates; minutes a trial at demo scale.

TSM at 16 frames and FFN {4, 8, 16} under the earlier recipe, under the released one, and under the earlier one with
one row at a time turned to the released value (``python -m study show experiments/recipes.py`` lists the rows).
Published on Something-Something V2, top-1 with one clip and one centre crop of 224 pixels at 4 / 8 / 16 frames:

    released    TSM 31.52 / 51.55 / 61.02    FFN 56.07 / 61.86 / 63.61
    earlier     TSM 30.13 / 48.93 / 56.68    FFN 50.86 / 56.52 / 58.85

At demo scale the 30 trials of the rows below, five seeds each, took an hour on two CPU cores; the others were not
trained. Top-1 on 1,000 test clips:

    earlier                          TSM  9.9 / 43.7 / 95.4    FFN 86.2 / 89.1 / 91.1
    earlier with crop=multi_scale    TSM 13.7 / 61.2 / 96.1    FFN 89.4 / 92.7 / 93.3
    released                         TSM 11.8 / 59.3 / 96.8    FFN 78.9 / 84.2 / 86.2

The crop for all frames in place of one for each frame gives FFN 3.2 (-5.8 to 12.2), 3.6 (-4.8 to 12.0) and 2.2 (-6.9 to
11.3) points: nothing is established. TSM's 17.5 (5.3 to 29.7) at 8 frames, for which it was not trained, has p = 0.016,
0.1 after Holm's correction over the six. At this scale seeds differ more than recipes: of five FFNs of the released
recipe one stayed at 57 % at 16 frames.
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
