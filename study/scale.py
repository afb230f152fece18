"""The same experiment elsewhere: at the demonstration's scale, or over several seeds."""

from dataclasses import replace

from ffn.data.synthetic import SyntheticDataset
from study.experiment import Experiment
from study.trial import Trial

DEMO_EPOCHS = 7
PAPER_EPOCHS, PAPER_LR, DEMO_LR = 50, 0.01, 0.05
DEMO_RECALIBRATION_CLIPS = 600


def at_demo_scale(experiment: Experiment) -> Experiment:
    """The same trials with the tiny network on the synthetic videos, for two CPU cores.

    Epochs shrink from the paper's 50 to 7 and learning rates grow from its 0.01 to 0.05, each in proportion; every
    other difference between the trials stays.
    """
    return replace(
        experiment,
        name=f"{experiment.name}_demo",
        trials=tuple(_demo_trial(trial) for trial in experiment.trials),
        eval_split="test",
        synthetic=SyntheticDataset(motions="slow"),
        decoded_cache=True,
    )


def over_seeds(experiment: Experiment, seeds: int) -> Experiment:
    """Every trial with the seeds 0 to ``seeds`` - 1. Raises ValueError for fewer than one."""
    if seeds < 1:
        raise ValueError(f"--seeds must be at least 1, got {seeds}")
    trials = tuple(_with_seed(trial, seed) for seed in range(seeds) for trial in experiment.trials)
    return replace(experiment, trials=trials)


def _demo_trial(trial: Trial) -> Trial:
    demo = replace(
        trial,
        backbone="tiny",
        weights=None,
        epochs=max(1, round(trial.epochs / PAPER_EPOCHS * DEMO_EPOCHS)),
        batch_size=16,
        lr=trial.lr / PAPER_LR * DEMO_LR,
        lr_schedule="cosine",
        warmup_epochs=1.0,
        weight_decay=1e-4,
        dropout=0.0,
        precision="float32",
        short_side=56,
        crop_size=48,
        loader_workers=0,
        recalibration_clips=min(trial.recalibration_clips, DEMO_RECALIBRATION_CLIPS),
        workers=1,
        cpus=1,
        gpus=0,
        accelerator=None,
    )
    return replace(demo, members=tuple(_renamed(member, trial, demo) for member in trial.members))


def _with_seed(trial: Trial, seed: int) -> Trial:
    seeded = replace(trial, seed=seed)
    return replace(seeded, members=tuple(_renamed(member, trial, seeded) for member in trial.members))


def _renamed(member: str, before: Trial, after: Trial) -> str:
    """A member's name after its learning rate and seed changed as the ensemble's did."""
    return member.replace(_ending(before), _ending(after))


def _ending(trial: Trial) -> str:
    return f"-lr{trial.lr:g}-seed{trial.seed}"
