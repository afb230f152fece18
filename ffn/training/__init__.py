"""Frame schedules, objectives, recipes, the training loop and its checkpoints."""
