"""The report of a study, recomputed from its tables alone."""

from analysis.report import write_report
from analysis.tables import StudyError

__all__ = ["StudyError", "write_report"]
