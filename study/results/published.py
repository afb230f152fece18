"""The published figures, to stand beside measured ones where dataset and protocol agree, and nowhere else."""

from functools import cache
from pathlib import Path

import pandas as pd

PUBLISHED = Path(__file__).parent / "published_results.csv"
"""Every figure of the FFN paper's tables (arXiv 2303.14817) and of an earlier reproduction, with its source."""
PAPER = "arXiv 2303.14817"
DATASETS = {
    "ssv1": ("Something-Something V1", 174, (11_000, 11_600)),
    "ssv2": ("Something-Something V2", 174, (24_000, 24_777)),
    "kinetics400": ("Kinetics-400", 400, (18_000, 20_000)),
    "hmdb51": ("HMDB51", 51, (1_500, 1_530)),
}
"""Name, classes and validation clips, fewer where some cannot be read or had, of each dataset in the paper."""
PROTOCOL = {"clips_per_video": 1, "crops": 1, "crop_size": 224, "short_side": 256}
"""How the paper evaluates."""
VARIANTS = {
    "without specialized normalization": "without SN",
    "without weight alteration": "without WA",
    "without temporal distillation": "without TD",
    "without weight sharing": "without WS",
} | dict.fromkeys(["2 sequences", "3 sequences", "4 sequences", "middle 8", "middle 10", "middle 12", "16->4"], "")
"""The paper's variants in a study's words; those that only repeat the frame set are none."""


@cache
def published_results() -> pd.DataFrame:
    """Columns source, table, dataset, backbone, method, variant, train_frames, eval_frames, top1; texts without NaN.

    Variants and frame sets are written as in a study's tables; ``printed`` is the variant as the source writes it.
    """
    table = pd.read_csv(PUBLISHED, dtype={"table": str}, keep_default_na=False)
    return table.assign(
        printed=table["variant"],
        variant=table["variant"].replace(VARIANTS),
        train_frames=table["train_frames"].replace({"4,8,16 separately": "4+8+16"}),
    )


def published_top1(dataset: str, backbone: str, method: str) -> dict[int, float]:
    """The paper's top-1 by evaluated frame count for TSM at 16 frames or FFN {4, 8, 16}; empty where it has none.

    ``dataset`` is ssv1, ssv2, kinetics400 or hmdb51, ``method`` tsm or ffn. One clip, one centre crop of 224 pixels.
    """
    return published_arm(dataset, backbone, method, {"tsm": "16", "ffn": "4+8+16"}.get(method, ""))


def published_arm(dataset: str, backbone: str, role: str, train_frames: str, variant: str = "") -> dict[int, float]:
    """The paper's top-1 by evaluated frame count of any arm of its tables; empty where it has none.

    ``role`` and ``variant`` are a study's; Separated Training has ``train_frames`` "each".
    """
    table = published_results()
    same = (table["source"] == "paper") & (table["dataset"] == dataset) & (table["backbone"] == backbone)
    arm = (table["method"] == role) & (table["variant"] == variant) & (table["train_frames"] == train_frames)
    rows = table[same & arm]
    return dict(zip(rows["eval_frames"].astype(int), rows["top1"].astype(float)))


def study_dataset(record: dict) -> str | None:
    """Which of the paper's datasets a study evaluates on, by its classes and validation clips; None for any other."""
    data = record.get("data") or {}
    clips = (data.get("clips") or {}).get("validation") or 0
    return next(
        (
            name
            for name, (_, classes, (fewest, most)) in DATASETS.items()
            if data.get("num_classes") == classes and fewest <= clips <= most
        ),
        None,
    )


def disagreement(record: dict, split: str | None) -> str | None:
    """Why the published figures may not stand beside this study's: in words, or None where they may."""
    if study_dataset(record) is None:
        return "this study's clips are of another dataset"
    if split != "validation":
        return f"this study is evaluated on the {split} split, the paper on validation"
    measured = record.get("protocol") or {}
    other = [f"{name} {measured.get(name)} (the paper: {value})" for name, value in PROTOCOL.items()
             if measured.get(name) != value]  # fmt: skip
    return f"this study is evaluated otherwise: {', '.join(other)}" if other else None
