"""What a study leaves in its folder: tables, provenance, examples; and the published figures beside them. No Ray."""
