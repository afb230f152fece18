"""``study show``: the recipe of every trial, and how it differs from the released code's."""

import argparse
from dataclasses import fields

from rich.console import Console
from rich.table import Table

from ffn.training.recipe import RELEASED, Recipe
from study.commands.shared import Subparsers, chosen_experiment, experiment_arguments
from study.plan.experiment import Experiment


def add_to(subparsers: Subparsers, text: str) -> None:
    """Add this command's parser, which ``text`` describes."""
    subparsers.add_parser("show", help=text, parents=[experiment_arguments()]).set_defaults(command=show)


def show(arguments: argparse.Namespace, console: Console) -> int:
    """Print a table per recipe."""
    for recipe, names in _recipes(chosen_experiment(arguments)).items():
        console.print(f"{len(names)} trials: {', '.join(names)}", style="bold", soft_wrap=True)
        table = Table("row", "value", "released code", box=None)
        different = recipe.differences(RELEASED)
        for field in fields(recipe):
            value = str(getattr(recipe, field.name))
            table.add_row(field.name, value, str(different[field.name][1]) if field.name in different else "the same")
        console.print(table)
    return 0


def _recipes(experiment: Experiment) -> dict[Recipe, list[str]]:
    """The recipes of an experiment, each with the names of its trials."""
    names: dict[Recipe, list[str]] = {}
    for trial in experiment.trials:
        names.setdefault(trial.training.recipe, []).append(trial.name)
    return names
