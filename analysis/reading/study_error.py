"""The error for a folder that is not a study, was written by another version, or lacks what was asked for."""

from pathlib import Path


class StudyError(ValueError):
    """A folder is not a study, a table breaks the schema, or the studies do not have what was asked for; the message
    names it and what to do."""


def lacking(path: Path, column: str) -> str:
    """The message for a table that lacks a column."""
    return (
        f"{path}: lacks the column {column!r}, so another version wrote it; make the report with that version, or run"
        " the study again into a new folder"
    )
