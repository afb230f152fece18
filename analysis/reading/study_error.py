"""How a folder that is no study, or is an older one, is refused."""

from pathlib import Path


class StudyError(ValueError):
    """A folder that is no study, or a table that breaks the schema; the message names the file and the mend."""


def lacking(path: Path, column: str) -> str:
    """What to say of a table without one of its columns."""
    return (
        f"{path}: lacks the column {column!r}, so another version wrote it; make the report with that version, or run"
        " the study again into a new folder"
    )
