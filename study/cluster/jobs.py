"""Studies that were submitted to a cluster: their working directory is a copy, which goes when the job's node does."""

import os
from collections.abc import Mapping
from pathlib import Path

SUBMITTED = "RAY_JOB_CONFIG_JSON_ENV_VAR"  # Ray sets a variable of this name in the jobs that it starts


def refuse_relative(folders: Mapping[str, Path | None]) -> None:
    """Raise ValueError naming the first argument that is no absolute path, in a submitted job."""
    for argument, folder in folders.items():
        if SUBMITTED in os.environ and not (folder and folder.expanduser().is_absolute()):
            raise ValueError(f"{argument} must be an absolute path in a submitted job, on storage that every node sees")
