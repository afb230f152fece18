"""Evaluation of trained networks: predictions at any frame count, BatchNorm re-calibration, cost."""
