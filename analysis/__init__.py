"""The report of a study, recomputed from its tables alone."""

from analysis.comparison.cascades import sure_threshold
from analysis.reading.study_error import StudyError
from analysis.report.page import write_report

__all__ = ["StudyError", "sure_threshold", "write_report"]
