"""Shared by several commands: arguments, the chosen experiment, the report at the end."""

import argparse
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ffn.training.settings import TrainingSettings
from study.cluster.tracking import TRACKERS
from study.dataset import DataPlaces
from study.plan.experiment import Experiment, load_experiment
from study.plan.scale import at_demo_scale, on_gpus, over_folds, over_seeds
from study.terminal import user_path

Subparsers = argparse._SubParsersAction  # argparse has no public name for what add_subparsers returns
FAILED_TRIALS = 1
SCALED = TrainingSettings.short_side / TrainingSettings.crop_size
CHECKPOINT = "this project's, a released one, or the earlier reproduction's"
CHECKPOINT_OR_STATE_DICT = f"{CHECKPOINT}; or with --backbone a plain state dict"
LABELS = "the folder of Something-Something V2's label files (default: labels, beside the videos)"


def experiment_arguments() -> argparse.ArgumentParser:
    """A parent parser: which experiment, at what scale, over how many folds and seeds, on what."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument("experiment", type=user_path, help="a file such as experiments/demo.py")
    parent.add_argument("--scale", choices=("paper", "demo"), default="paper",
                        help="demo: the same trials, the tiny network, the synthetic videos")  # fmt: skip
    parent.add_argument("--folds", type=int, help="repeat every trial for each of the dataset's folds; how many it has")
    parent.add_argument("--seeds", type=int, default=1, help="repeat every trial with this many seeds")
    parent.add_argument("--gpus", type=float, help="GPUs of each trial (default: the experiment's); 0.06: 16 share one")
    return parent


def data_arguments(*, required: bool) -> argparse.ArgumentParser:
    """A parent parser: where a dataset is; one that is not ``required`` is the experiment's synthetic dataset."""
    parent = argparse.ArgumentParser(add_help=False)
    default = "" if required else " (default: the experiment's synthetic dataset)"
    parent.add_argument("--data", type=user_path, required=required, help=f"a dataset's folder{default}")
    parent.add_argument("--labels", type=user_path, help=LABELS)
    parent.add_argument(
        "--manifest", type=user_path, help="what `data verify --manifest` wrote (default: that in --data)"
    )
    return parent


def state_dict_arguments() -> argparse.ArgumentParser:
    """A parent parser: what a plain state dict does not say of its network."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument("--backbone", help="of a plain state dict: r3d_18 ..., or package.module:function for your own")
    parent.add_argument("--size", type=int, help="of a plain state dict: the network's input, in pixels (default: 224)")
    return parent


def state_dict_settings(arguments: argparse.Namespace) -> TrainingSettings | None:
    """The settings of the network whose plain state dict the checkpoint is said to be; None if nothing is said.

    Frames are scaled as for the paper's networks: to 8/7 of the input. Raises ValueError naming the argument.
    """
    if arguments.backbone is None:
        if arguments.size is not None:
            raise ValueError("--size is of a plain state dict: pass --backbone as well")
        return None
    size = TrainingSettings.crop_size if arguments.size is None else arguments.size
    return TrainingSettings(backbone=arguments.backbone, crop_size=size, short_side=round(SCALED * size))


def data_places(arguments: argparse.Namespace) -> DataPlaces:
    """Where the command line says that the data lies."""
    return DataPlaces(data_root=arguments.data, manifest=arguments.manifest, labels=arguments.labels)


def given_paths(arguments: argparse.Namespace, *names: str) -> dict[str, Path]:
    """Those of the optional arguments ``names`` that are given, by the option's name."""
    return {f"--{name}": path for name in names if (path := getattr(arguments, name))}


def require_at_least(option: str, value: int, least: int) -> None:
    """Raise ValueError, naming the option, for a value below ``least``."""
    if value < least:
        raise ValueError(f"{option} must be {least} or more, got {value}")


def track_arguments() -> argparse.ArgumentParser:
    """A parent parser: where else trials are recorded."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument("--track", choices=TRACKERS, help="record the trials there too: pip install -e '.[tracking]'")
    return parent


def chosen_experiment(arguments: argparse.Namespace) -> Experiment:
    """The experiment of the command line, at its scale, over its folds and seeds, on its GPUs."""
    experiment = load_experiment(arguments.experiment)
    if arguments.scale == "demo":
        experiment = at_demo_scale(experiment)
    if arguments.folds is not None:
        experiment = over_folds(replace(experiment, eval_split="validation"), arguments.folds)
    if arguments.gpus is not None:
        experiment = on_gpus(experiment, arguments.gpus)
    return over_seeds(experiment, arguments.seeds) if arguments.seeds != 1 else experiment


def report(root: Path, complete: bool, console: Console) -> int:
    """Write the report of the study in ``root``; return the command's exit status."""
    from analysis import write_report

    console.print(f"Report: {write_report(root)}", soft_wrap=True)
    return 0 if complete else FAILED_TRIALS
