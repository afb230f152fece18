"""Arms: trials that share backbone, method, variant and frame set. Their names and their order.

An adapted evaluation of an arm, such as re-calibrated TSM, is shown as a separate arm.
"""

import pandas as pd

from analysis.reading.roles import LOOKS, Look, distinct_looks, role_look, role_of
from analysis.reading.tables import Study, trained_counts

ARM_COLUMNS = ["backbone", "plain", "method", "variant", "train_frames", "adaptation"]


def highest_tsm_counts(study: Study) -> dict[str, int]:
    """Per backbone, the highest frame count at which a plain TSM trial trains, whether or not it has finished."""
    trials = pd.concat([with_settings(table, study.trials) for table in (study.trials, study.evaluations)])
    plain = trials[(trials["method"] == "tsm") & ~trials["trial"].isin(study.pretrainings)]
    counts = plain["train_frames"].map(_highest_count)
    return counts.groupby(plain["backbone"]).max().astype(int).to_dict()


def with_settings(table: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """`table` with backbone, plain, setting, epochs, batch_size and adaptation; "" and 0 where trials.csv lacks the
    trial.

    The backbone is the model's name without its method: tsm_resnet50 and ffn_resnet50 are both resnet50. What its
    network is called that is no FFN is `plain`: TSM, TSN, or as the backbone of a network over clips.
    """
    backbones = trials["model"].str.replace("^(tsm|ffn)_", "", regex=True)
    kinds = trials["model"].str.extract("^(tsm|tsn)_", expand=False).str.upper()
    columns = ["setting", "epochs", "batch_size"]
    named = trials[["trial", *columns]].assign(backbone=backbones, plain=kinds.fillna(backbones))
    settings = named.drop_duplicates("trial")
    merged = table.drop(columns=columns, errors="ignore").merge(settings, on="trial", how="left")
    merged = merged.assign(adaptation=merged.get("adaptation", ""))  # trials.csv has none: adaptation follows training
    return merged.fillna({"backbone": "", "plain": "TSM", "setting": "", "epochs": 0, "batch_size": 0})


def label_arms(table: pd.DataFrame, highest_tsm: dict[str, int]) -> pd.DataFrame:
    """`table` with the columns role and arm. A plain network trained below the backbone's highest count is Separated
    Training."""
    several_backbones = table["backbone"].nunique() > 1
    distinct = table[ARM_COLUMNS].drop_duplicates()
    roles = [
        role_of(method, adaptation, is_lower=_highest_count(frames) < highest_tsm.get(backbone, 0))
        for backbone, _, method, _, frames, adaptation in distinct.itertuples(index=False)
    ]
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


def with_backbone(label: str, backbone: str) -> str:
    """An arm's label with its backbone, unless it ends in it or begins with the network of that name."""
    named = label.split(", ")
    return label if backbone == named[-1] or backbone in named[0].split() else f"{label}, {backbone}"


def arm_looks(table: pd.DataFrame) -> dict[str, Look]:
    """The look of every arm of a labelled table: its role's, with another symbol and line for each further arm."""
    roles = table.drop_duplicates("arm").set_index("arm")["role"]
    return distinct_looks(roles.loc[order_arms(table)].to_dict())


def _highest_count(train_frames: str) -> int:
    return max(trained_counts(train_frames), default=0)


def _arm_label(row, role: str, several_backbones: bool) -> str:
    counts = trained_counts(row.train_frames)
    one_after_the_other = len(counts) == 1 or "->" in row.train_frames
    frames = f"({row.train_frames.replace('->', '→')})" if one_after_the_other else f"{{{','.join(map(str, counts))}}}"
    network = role_look(role).label.replace("TSM", row.plain)
    label = ", ".join(filter(None, [" ".join(filter(None, [network, frames if counts else ""])), row.variant]))
    return with_backbone(label, row.backbone) if several_backbones else label


def _arm_rank(row) -> tuple:
    roles = list(LOOKS)
    return (
        row.backbone,
        roles.index(row.role) if row.role in roles else len(roles),
        row.role,
        row.variant,
        trained_counts(row.train_frames),
    )
