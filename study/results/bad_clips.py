"""bad_clips.csv: the clips that could not be read, each once.

A trial writes two such files, for its training and its evaluation; the study's file is the union over all trials.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from ffn.data.videos import BadClip, Split
from study.results import schema
from study.results.folder import write_table
from study.results.joined_tables import csv_rows

BAD_CLIPS, BAD_CLIPS_OF_EVALUATION = schema.BAD_CLIPS.file, "bad_clips_of_evaluation.csv"


def write_bad_clips(path: Path, found: Mapping[Split, Iterable[BadClip]]) -> None:
    """Write the clips of each split to ``path``."""
    rows = [
        (split, clip.id, clip.path, clip.reason)
        for split, clips in found.items()
        for clip in sorted(clips, key=lambda clip: clip.index)
    ]
    write_table(path, pd.DataFrame(rows, columns=list(schema.BAD_CLIPS.columns)))


def join_bad_clips(path: Path, folders: Iterable[Path]) -> None:
    """Write the union of the files in the trials' ``folders`` to ``path``."""
    parts = [folder / name for folder in folders for name in (BAD_CLIPS, BAD_CLIPS_OF_EVALUATION)]
    clips: dict[tuple[str, str], dict[str, str]] = {}
    for part in parts:
        if part.exists():
            for row in csv_rows(part):
                clips.setdefault((row["split"], row["clip"]), row)
    write_table(path, pd.DataFrame(clips.values(), columns=list(schema.BAD_CLIPS.columns)))
