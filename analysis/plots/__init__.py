"""The report's plots, one subject a file: each makes a Plot of the report, without views where it shows nothing."""
