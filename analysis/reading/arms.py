"""Arms: trials that share backbone, method, variant and frame set. Their names, their order and their fixed looks."""

from dataclasses import dataclass

import pandas as pd

from analysis.reading.tables import Study, trained_counts

ARM_COLUMNS = ["backbone", "method", "variant", "train_frames"]
SEPARATED = "separated"


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one method is named and drawn in every plot. Colours are Okabe and Ito's, safe for colour-blind readers."""

    label: str
    color: str
    symbol: str
    dash: str = "solid"


LOOKS = {
    "tsm": Look(label="TSM", color="#D55E00", symbol="circle"),
    SEPARATED: Look(label="Separated Training", color="#009E73", symbol="diamond"),
    "tsm+recalibrated": Look(label="Re-calibrated TSM", color="#E69F00", symbol="square", dash="dash"),
    "mixed": Look(label="Mixed", color="#CC79A7", symbol="triangle-up"),
    "proportional": Look(label="Proportional", color="#56B4E9", symbol="triangle-down"),
    "finetune": Look(label="Fine-tuning", color="#F0E442", symbol="pentagon"),
    "ensemble": Look(label="Ensemble", color="#7F7F7F", symbol="x"),
    "ffn": Look(label="FFN", color="#0072B2", symbol="star"),
    "retrofit": Look(label="Retrofit", color="#5F6B76", symbol="star-diamond", dash="dash"),
}
VARIANT_DASHES = ("dot", "dashdot", "longdash", "longdashdot", "dash")


def role_look(role: str) -> Look:
    """The look of a role; a method that is not in the list is grey and keeps its own name."""
    return LOOKS.get(role, Look(label=role, color="#7F7F7F", symbol="cross"))


def highest_tsm_counts(study: Study) -> dict[str, int]:
    """Per backbone, the highest frame count at which a plain TSM trial trains, whether or not it has finished."""
    trials = pd.concat([with_settings(table, study.trials) for table in (study.trials, study.evaluations)])
    plain = trials[trials["method"] == "tsm"]
    counts = plain["train_frames"].map(_highest_count)
    return counts.groupby(plain["backbone"]).max().astype(int).to_dict()


def with_settings(table: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """`table` with backbone, setting, epochs and batch_size of each row's trial; "" and 0 where trials.csv lacks it.

    The backbone is the model's name without its method: tsm_resnet50 and ffn_resnet50 are both resnet50.
    """
    backbones = trials["model"].str.replace("^(tsm|ffn)_", "", regex=True)
    columns = ["setting", "epochs", "batch_size"]
    settings = trials[["trial", *columns]].assign(backbone=backbones).drop_duplicates("trial")
    merged = table.drop(columns=columns, errors="ignore").merge(settings, on="trial", how="left")
    return merged.fillna({"backbone": "", "setting": "", "epochs": 0, "batch_size": 0})


def label_arms(table: pd.DataFrame, highest_tsm: dict[str, int]) -> pd.DataFrame:
    """`table` with the columns role and arm. TSM trained below the backbone's highest count is Separated Training."""
    several_backbones = table["backbone"].nunique() > 1
    distinct = table[ARM_COLUMNS].drop_duplicates()
    roles = [_role(row, highest_tsm) for row in distinct.itertuples()]
    arms = [_arm_label(row, role, several_backbones) for row, role in zip(distinct.itertuples(), roles)]
    named = distinct.assign(
        role=pd.Series(roles, distinct.index, dtype=str), arm=pd.Series(arms, distinct.index, dtype=str)
    )
    labels = table[ARM_COLUMNS].merge(named, on=ARM_COLUMNS, how="left").set_index(table.index)
    return table.assign(role=labels["role"], arm=labels["arm"])


def order_arms(table: pd.DataFrame) -> list[str]:
    """The arms of a labelled table: methods in the order of LOOKS, plain ones before variants, small counts first."""
    arms = table.drop_duplicates("arm")
    return [arm for _, arm in sorted((_arm_rank(row), row.arm) for row in arms.itertuples())]


def variant_dashes(table: pd.DataFrame) -> dict[str, str]:
    """A line style per arm of a labelled table, since arms of one method share its colour."""
    dashes, used = {}, {}
    for arm, role in table.drop_duplicates("arm").set_index("arm")["role"].loc[order_arms(table)].items():
        position = used[role] = used.get(role, -1) + 1
        dashes[arm] = VARIANT_DASHES[(position - 1) % len(VARIANT_DASHES)] if position else role_look(role).dash
    return dashes


def _role(row, highest_tsm: dict[str, int]) -> str:
    is_lower_tsm = row.method == "tsm" and _highest_count(row.train_frames) < highest_tsm[row.backbone]
    return SEPARATED if is_lower_tsm else row.method


def _highest_count(train_frames: str) -> int:
    return max(trained_counts(train_frames), default=0)


def _arm_label(row, role: str, several_backbones: bool) -> str:
    counts = trained_counts(row.train_frames)
    one_after_the_other = len(counts) == 1 or "->" in row.train_frames
    frames = f"({row.train_frames.replace('->', '→')})" if one_after_the_other else f"{{{','.join(map(str, counts))}}}"
    parts = [role_look(role).label, frames if counts else "", row.variant, row.backbone if several_backbones else ""]
    return ", ".join(filter(None, [" ".join(filter(None, parts[:2])), *parts[2:]]))


def _arm_rank(row) -> tuple:
    roles = list(LOOKS)
    return (
        row.backbone,
        roles.index(row.role) if row.role in roles else len(roles),
        row.role,
        row.variant,
        trained_counts(row.train_frames),
    )
