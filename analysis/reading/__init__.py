"""Reads a study's folder: checks its tables and groups its trials into arms. Draws no conclusions."""
