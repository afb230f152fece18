"""What a study leaves in its folder: tables, provenance, examples. Uses no Ray."""
