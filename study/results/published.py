"""Published figures, shown beside measured ones only where dataset and protocol agree."""

from dataclasses import dataclass
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
"""Name, classes and validation clips of each dataset in the paper; fewer clips where some are lost or unreadable."""
EACH = "each"
"""The paper's frame set of Separated Training: a network for each count."""
VARIANTS = {
    "without specialized normalization": "without SN",
    "without weight alteration": "without WA",
    "without temporal distillation": "without TD",
    "without weight sharing": "without WS",
} | dict.fromkeys(["2 sequences", "3 sequences", "4 sequences", "middle 8", "middle 10", "middle 12", "16->4"], "")
"""The paper's variants by a study's names; those that only repeat the frame set are no variants."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """How accuracies were measured, as far as the paper states it; ``clips``: videos of the validation split."""

    num_classes: int | None
    clips: int | None
    split: str | None
    sampling: str | None
    views: str | None
    crop_size: int | None
    short_side: int | None

    @property
    def dataset(self) -> str | None:
        """Which of the paper's datasets it is, by its classes and clips; None for any other."""
        return next(
            (
                name
                for name, (_, classes, (fewest, most)) in DATASETS.items()
                if self.num_classes == classes and fewest <= (self.clips or 0) <= most
            ),
            None,
        )

    @property
    def disagreement(self) -> str | None:
        """Why the published figures are not comparable with these accuracies; None where they are."""
        has_its_classes = self.num_classes in {classes for _, classes, _ in DATASETS.values()}
        if has_its_classes and self.split != "validation":  # by which the dataset would be known
            return f"these are on the {self.split} split, the paper's on validation"
        if self.dataset is None:
            return "this is another dataset"
        other = [f"{name.replace('_', ' ')} {getattr(self, name)} (the paper: {value})"
                 for name, value in PROTOCOL.items() if getattr(self, name) != value]  # fmt: skip
        return f"the protocol differs: {', '.join(other)}" if other else None


PROTOCOL = {"sampling": "centre", "views": "1x1", "crop_size": 224, "short_side": 256}
"""How the paper evaluates."""


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


def published_network(
    dataset: str | None, backbone: str, method: str, train_frames: str, variant: str = ""
) -> dict[int, float]:
    """The paper's top-1 by evaluated frame count of one trained network; empty where it has none.

    A TSM that was trained at another count than the paper's is Separated Training's network of that count, which the
    paper evaluates there alone.
    """
    figures = published_arm(dataset, backbone, method, train_frames, variant)
    if figures or method != "tsm" or variant:
        return figures
    separate = published_arm(dataset, backbone, "separated", EACH)
    return {count: top1 for count, top1 in separate.items() if str(count) == train_frames}


def published_arm(
    dataset: str | None, backbone: str, role: str, train_frames: str, variant: str = ""
) -> dict[int, float]:
    """The paper's top-1 by evaluated frame count of any arm of its tables; empty where it has none.

    ``role`` and ``variant`` are a study's; Separated Training has ``train_frames`` ``EACH``.
    """
    table = published_results()
    same = (table["source"] == "paper") & (table["dataset"] == dataset) & (table["backbone"] == backbone)
    arm = (table["method"] == role) & (table["variant"] == variant) & (table["train_frames"] == train_frames)
    rows = table[same & arm]
    return dict(zip(rows["eval_frames"].astype(int), rows["top1"].astype(float)))
