"""JSON and CSV files of a study: also as an editor or a spreadsheet saved them, with a byte-order mark."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.reading.study_error import StudyError

MEND = "restore it or run the study again"


def read_json(path: Path) -> Any:
    """The content of `path`. Raises StudyError if it is no JSON in UTF-8."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise StudyError(f"{path}: not valid JSON ({error}); {MEND}") from error


def read_csv(path: Path, texts: Iterable[str]) -> pd.DataFrame:
    """The table in `path`, the columns `texts` as texts. Raises StudyError if it is no CSV in UTF-8."""
    try:
        return pd.read_csv(path, dtype=dict.fromkeys(texts, str), encoding="utf-8-sig")
    except ValueError as error:  # of pandas' parser, or of an encoding
        raise StudyError(f"{path}: not a valid table ({' '.join(str(error).split())}); {MEND}") from error
