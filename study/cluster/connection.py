"""The study's driver: joins Ray or starts it, and keeps its messages off the terminal."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import ray

from study.cluster.ray_internals import ENVIRONMENT, LOCAL_ENVIRONMENT, in_submitted_job

OBJECT_STORE_BYTES = 200 * 2**20  # trials exchange metrics only
# A training step frees what the next asks for again: returned to the system meanwhile (glibc's default for large
# blocks), every page is fetched and cleared anew, a seventh of the tiny network's step.
KEEP_FREED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31)}


def connect() -> str:
    """Join the cluster at RAY_ADDRESS, or start one on this machine; the address of Ray's dashboard, "" without one."""
    arguments: dict[str, Any] = {"log_to_driver": False, "logging_level": "CRITICAL"}
    environment = ENVIRONMENT
    if "RAY_ADDRESS" not in os.environ:
        arguments["object_store_memory"] = OBJECT_STORE_BYTES
        environment = ENVIRONMENT | LOCAL_ENVIRONMENT
    os.environ.update(environment)
    handlers = {stop: signal.getsignal(stop) for stop in (signal.SIGINT, signal.SIGTERM)}
    context = ray.init(**arguments, runtime_env={"env_vars": environment | KEEP_FREED_MEMORY})
    for stop, handler in handlers.items():  # Ray replaces SIGTERM's
        signal.signal(stop, handler)
    return context.dashboard_url or ""


@contextmanager
def ray_messages_in(log: Path) -> Iterator[None]:
    """Redirect what Ray prints, at any verbosity, to ``log``: the terminal is for the progress table."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file, redirect_stdout(file), redirect_stderr(file):
        yield


def refuse_relative(folders: Mapping[str, Path | None]) -> None:
    """In a job submitted to a cluster, raise ValueError for the first argument that is not an absolute path.

    The job's working directory is a copy that is deleted with its node.
    """
    for argument, folder in folders.items():
        if in_submitted_job() and not (folder and folder.expanduser().is_absolute()):
            raise ValueError(f"{argument} must be an absolute path in a submitted job, on storage that every node sees")
