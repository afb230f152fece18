"""Base trials that the experiments share: the paper's protocol for ResNet-50, one H200 a trial."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ffn.models.parts import DEFAULT_RETROFIT, Parts
from ffn.training.frame_schedule import constant
from ffn.training.objectives import Distillation
from ffn.training.recipe import PAPER
from study.plan.trial import Trial

TSM = Trial().vary(
    schedule=constant(16),
    weights="imagenet",
    precision="bfloat16",
    compile=True,
    loader_workers=14,
    cpus=16,
    gpus=1,
)

MIX = replace(PAPER, frame_sampling="mix")


def tsm(count: int, base: Trial = TSM) -> Trial:
    """TSM trained at one count; at its own count this is Separated Training."""
    return base.vary(schedule=constant(count))


def separated(*counts: int, base: Trial = TSM) -> tuple[Trial, ...]:
    """Separated Training: one network for each count."""
    return tuple(tsm(count, base) for count in counts)


def ffn(*counts: int, base: Trial = TSM, **changes: Any) -> Trial:
    """FFN as published, with ``changes`` to the trial's fields."""
    published = {"method": "ffn", "schedule": constant(*counts), "parts": Parts(), "objective": Distillation()}
    return base.vary(**(published | changes))


def retrofit(
    start: Trial, *counts: int, parts: Sequence[str] = DEFAULT_RETROFIT, variant: str = "", **changes: Any
) -> Trial:
    """Branches for ``counts`` beside the network of ``start``, by default under mixed frame sampling."""
    retrofitted = {
        "method": "retrofit",
        "start": start,
        "schedule": constant(*counts),
        "parts": Parts.named(parts),
    }
    named = {"variant": " ".join(filter(None, ["+".join(parts), variant])), "recipe": MIX, "recalibration_clips": 0}
    return start.vary(weights=None, **(retrofitted | named | changes))


def on_share(trial: Trial, share: float) -> Trial:
    """The same trial on a share of the training clips, which are seen more often: as many steps, but for those of the
    incomplete batches that each epoch leaves out."""
    variant = " ".join(filter(None, [trial.variant, f"data {share:g}"]))
    return trial.vary(variant=variant, data_share=share, epochs=round(trial.training.epochs / share))


def ensemble(members: tuple[Trial, ...]) -> Trial:
    """The mean prediction of ``members``."""
    counts = sorted({count for member in members for count in member.training.frame_counts})
    return members[0].vary(
        method="ensemble", schedule=constant(*counts), members=members, start=None, recalibration_clips=0
    )
