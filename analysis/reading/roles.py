"""Roles of arms in the report, each with a fixed name, colour and symbol in every plot."""

from dataclasses import dataclass

SEPARATED = "separated"
RECALIBRATED_TSM = "recalibrated tsm"


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a role is named and drawn. Colours are Okabe and Ito's, safe for colour-blind readers."""

    label: str
    color: str
    symbol: str
    dash: str = "solid"


LOOKS = {
    "tsm": Look(label="TSM", color="#D55E00", symbol="circle"),
    SEPARATED: Look(label="Separated Training", color="#009E73", symbol="diamond"),
    RECALIBRATED_TSM: Look(label="Re-calibrated TSM", color="#E69F00", symbol="square", dash="dash"),
    "mixed": Look(label="Mixed", color="#CC79A7", symbol="triangle-up"),
    "proportional": Look(label="Proportional", color="#56B4E9", symbol="triangle-down"),
    "finetune": Look(label="Fine-tuning", color="#F0E442", symbol="pentagon"),
    "ensemble": Look(label="Ensemble", color="#7F7F7F", symbol="x"),
    "ffn": Look(label="FFN", color="#0072B2", symbol="star"),
    "retrofit": Look(label="Retrofit", color="#5F6B76", symbol="star-diamond", dash="dash"),
}


def role_of(method: str, adaptation: str, *, is_lower: bool) -> str:
    """The role of an arm. is_lower: whether it trains below plain TSM's highest count, as Separated Training does."""
    if adaptation:
        return f"{adaptation} {method}"
    return SEPARATED if method == "tsm" and is_lower else method


def role_look(role: str) -> Look:
    """The look of a role; an unknown one is grey and keeps its name."""
    return LOOKS.get(role, Look(label=role, color="#7F7F7F", symbol="cross"))
