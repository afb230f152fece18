"""The published figures, to stand beside measured ones where dataset and protocol agree."""

from pathlib import Path

import pandas as pd

PUBLISHED = Path(__file__).parent / "published_results.csv"
"""Every figure of the FFN paper's tables (arXiv 2303.14817) and of an earlier reproduction, with its source."""


def published_top1(dataset: str, backbone: str, method: str) -> dict[int, float]:
    """The paper's top-1 by evaluated frame count for TSM at 16 frames or FFN {4, 8, 16}; empty where it has none.

    ``dataset`` is ssv1, ssv2, kinetics400 or hmdb51, ``method`` tsm or ffn. One clip, one centre crop of 224 pixels.
    """
    table = pd.read_csv(PUBLISHED)
    trained = {"tsm": "16", "ffn": "4+8+16"}.get(method)
    of_paper = table[(table["source"] == "paper") & (table["dataset"] == dataset) & (table["backbone"] == backbone)]
    rows = of_paper[(of_paper["method"] == method) & (of_paper["train_frames"] == trained) & of_paper["variant"].isna()]
    return dict(zip(rows["eval_frames"], rows["top1"]))
