"""Accuracy at any frame count, BatchNorm re-calibration, and cost."""
