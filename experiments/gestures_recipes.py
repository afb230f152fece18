"""What does each difference between the earlier reproduction and the released code cost on real hands?

    python -m study run experiments/gestures_recipes.py --data EgoGestAR --out results/gestures_recipes

TSM at 16 frames and FFN {4, 8, 16} under the recipes of ``experiments/recipes.py``, for 50 epochs each in five folds of
the gestures (``experiments/gestures.py``, which says how to get them). Each begins with its own arm's weights after the
synthetic motions, trained under the same recipe.
"""

from experiments.gestures import in_folds, on_gestures, pre_training
from experiments.recipes import experiment as recipes
from study.plan.scale import trial_at_demo_scale
from study.plan.trial import Trial


def under_its_recipe(trial: Trial) -> Trial:
    """``trial`` on the gestures, at the demo's size."""
    return on_gestures(pre_training(trial_at_demo_scale(trial))).vary(recipe=trial.training.recipe)


experiment = in_folds(
    "gestures_recipes",
    "What does each difference between the earlier reproduction and the released code cost on real hands?",
    tuple(map(under_its_recipe, recipes.trials)),
)
