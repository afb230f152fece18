"""An experiment at demo scale, over several seeds, over the folds of a dataset, or on GPUs."""

from dataclasses import replace
from functools import partial

from ffn.data.synthetic import SyntheticDataset
from study.plan.experiment import Experiment
from study.plan.search import Search
from study.plan.stopping import Stopping
from study.plan.trial import Resources, Trial, map_trials

DEMO_EPOCHS = 7
PAPER_EPOCHS, PAPER_LR, DEMO_LR = 50, 0.01, 0.05
DEMO_RECALIBRATION_CLIPS = 600


def at_demo_scale(experiment: Experiment) -> Experiment:
    """The same trials with the tiny network on the synthetic videos, for two CPU cores.

    The videos are the experiment's own synthetic set, else "slow"; trials in folds need a dataset that has them. Epochs
    are scaled by 7/50 and learning rates by 5 (0.05 in place of the paper's 0.01); every other difference between the
    trials stays. Raises ValueError for trials that differ in their networks alone.
    """
    trials = map_trials(experiment.trials, trial_at_demo_scale)
    if len({trial.name for trial in trials}) < len(trials):
        raise ValueError("--scale demo replaces every network by the tiny one, and some trials differ in it alone: "
                         "run this experiment without")  # fmt: skip
    return replace(
        experiment,
        name=f"{experiment.name}_demo",
        trials=trials,
        eval_split="test" if all(trial.fold is None for trial in experiment.trials) else experiment.eval_split,
        search=experiment.search and _demo_search(experiment.search),
        stopping=experiment.stopping and _demo_stopping(experiment.stopping),
        synthetic=experiment.synthetic or SyntheticDataset(motions="slow"),
        decoded_cache=True,
    )


def trial_at_demo_scale(trial: Trial) -> Trial:
    """The trial with the tiny network, and what depends on its size; what it builds on stays."""
    demo = trial.vary(
        backbone="tiny",
        weights=None,
        epochs=_demo_epochs(trial.training.epochs),
        batch_size=16,
        lr=_demo_lr(trial.training.lr),
        lr_schedule="cosine",
        warmup_epochs=1.0,
        weight_decay=1e-4,
        dropout=0.0,
        precision="float32",
        compile=False,
        short_side=56,
        crop_size=48,
        recalibration_clips=min(trial.recalibration_clips, DEMO_RECALIBRATION_CLIPS),
        resources=Resources(loader_workers=0),
    )
    return demo.vary(**{name: getattr(trial.training, name) for name in trial.searched})


def over_seeds(experiment: Experiment, seeds: int) -> Experiment:
    """Every trial with the seeds 0 to ``seeds`` - 1, in place of its own. Raises ValueError for fewer than one."""
    if seeds < 1:
        raise ValueError(f"--seeds must be at least 1, got {seeds}")
    trials = [map_trials(experiment.trials, lambda trial: trial.vary(seed=seed)) for seed in range(seeds)]  # noqa: B023
    return replace(experiment, trials=tuple(dict.fromkeys(trial for seeded in trials for trial in seeded)))


def on_gpus(experiment: Experiment, gpus: float) -> Experiment:
    """Every trial with ``gpus`` GPUs for each of its workers. Raises ValueError as ``Resources`` does."""
    return replace(experiment, trials=map_trials(experiment.trials, lambda trial: trial.vary(gpus=gpus)))


def over_folds(experiment: Experiment, folds: int) -> Experiment:
    """Every trial once for each fold 0 to ``folds`` - 1 of the dataset, and the trials with synthetic clips once.

    Raises ValueError for fewer than two.
    """
    if folds < 2:
        raise ValueError(f"folds must be at least 2, got {folds}")
    trials = [map_trials(experiment.trials, partial(_in_fold, fold=fold)) for fold in range(folds)]
    return replace(experiment, trials=tuple(dict.fromkeys(trial for of_fold in trials for trial in of_fold)))


def _in_fold(trial: Trial, fold: int) -> Trial:
    return trial if trial.synthetic else replace(trial, fold=fold)


def _demo_search(search: Search) -> Search:
    if "lr" not in search.space:
        return search
    kind, *values = search.space["lr"]
    rates = [tuple(map(_demo_lr, value)) if kind == "choice" else _demo_lr(value) for value in values]
    return replace(search, space={**search.space, "lr": (kind, *rates)})


def _demo_stopping(stopping: Stopping) -> Stopping:
    return replace(stopping, grace_epochs=_demo_epochs(stopping.grace_epochs))


def _demo_epochs(epochs: int) -> int:
    return max(1, round(epochs / PAPER_EPOCHS * DEMO_EPOCHS))


def _demo_lr(lr: float) -> float:
    return lr / PAPER_LR * DEMO_LR
