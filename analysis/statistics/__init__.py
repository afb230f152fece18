"""Estimates, intervals and tests over plain arrays of outcomes. Knows nothing of studies or arms."""
