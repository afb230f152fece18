"""Roles of arms in the report, each with a fixed name, colour and symbol in every plot."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import cycle, islice

SEPARATED = "separated"
RECALIBRATED_TSM = "recalibrated tsm"
SYMBOLS = (
    "circle", "square", "diamond", "cross", "triangle-up", "triangle-down", "x", "star", "pentagon", "hourglass",
    "bowtie", "star-diamond",
)  # fmt: skip
"""Every role's, and some more: the eleven beside a role's own and its four or five dashes form all pairs in turn."""
VARIANT_DASHES = ("dot", "dashdot", "longdash", "longdashdot", "dash")


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


def distinct_looks(roles: Mapping[str, str]) -> dict[str, Look]:
    """A look for every arm, given its role: the first of `looks_of` its role that no arm before it has.

    Past 44 arms of a role or more, looks come again.
    """
    looks: dict[str, Look] = {}
    for arm, role in roles.items():
        taken = set(map(_drawn, looks.values()))
        looks[arm] = next((look for look in looks_of(role) if _drawn(look) not in taken), role_look(role))
    return looks


def looks_of(role: str) -> list[Look]:
    """The role's own look, then those of its further arms: another symbol and another dash with each, since some plots
    show only one of the two, and neither the role's own."""
    own = role_look(role)
    symbols = [symbol for symbol in SYMBOLS if symbol != own.symbol]
    dashes = [dash for dash in VARIANT_DASHES if dash != own.dash]
    pairs = islice(zip(cycle(symbols), cycle(dashes)), len(symbols) * len(dashes))
    return [own, *(replace(own, symbol=symbol, dash=dash) for symbol, dash in pairs)]


def _drawn(look: Look) -> tuple[str, str, str]:
    return look.color, look.symbol, look.dash
