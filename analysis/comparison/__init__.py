"""Compares arms by frame count, class and setting. Numbers only, no sentences."""
