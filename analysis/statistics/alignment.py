"""Outcomes of several networks on the clips and seeds that they share."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
import pandas as pd


def aligned(tables: Sequence[pd.DataFrame]) -> list[np.ndarray] | None:
    """Each table of outcomes (clips, seeds) as an array (S, N) of what all have; None where they share nothing."""
    seeds = reduce(pd.Index.intersection, (table.columns for table in tables))
    clips = reduce(pd.Index.intersection, (table.index for table in tables))
    if seeds.empty or clips.empty:
        return None
    return [table.loc[clips, seeds].to_numpy(float).T for table in tables]
