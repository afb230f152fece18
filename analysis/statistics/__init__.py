"""Estimates, intervals and tests over plain arrays of outcomes. Knows neither studies nor arms."""
