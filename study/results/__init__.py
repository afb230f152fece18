"""The files in a study's folder: tables, provenance, example clips; and the published figures. No Ray."""
