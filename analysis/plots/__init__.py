"""The report's plots, one subject a file: each makes a Plot of the evidence, without views where it shows nothing."""
