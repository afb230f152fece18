"""The study's driver: joins Ray or starts it, and keeps its messages off the terminal."""

import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ray

from ffn.cores import available_cores
from study.cluster.ray_internals import ENVIRONMENT, LOCAL_ENVIRONMENT, in_submitted_job, patient_start

OBJECT_STORE_BYTES = 200 * 2**20  # trials exchange metrics only
ANSWERS_WITHIN_SECONDS = 10
# A training step frees what the next asks for again: returned to the system meanwhile (glibc's default for large
# blocks), every page is fetched and cleared anew, a seventh of the tiny network's step.
KEEP_FREED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31)}


def connect() -> str:
    """Join the cluster at RAY_ADDRESS, or start one on this machine; the address of Ray's dashboard, "" without one.

    One that is started has the cores that this process may use, and is of its own beside any other on the machine.
    Raises ConnectionError if nothing answers at RAY_ADDRESS, and TimeoutError if one does not start.
    """
    arguments: dict[str, Any] = {"log_to_driver": False, "logging_level": "CRITICAL"}
    environment = ENVIRONMENT
    starting: AbstractContextManager[None] = nullcontext()
    if "RAY_ADDRESS" in os.environ:
        refuse_silent(os.environ["RAY_ADDRESS"])
    else:
        arguments |= {"address": "local", "num_cpus": available_cores(), "object_store_memory": OBJECT_STORE_BYTES}
        environment, starting = ENVIRONMENT | LOCAL_ENVIRONMENT, patient_start()
    os.environ.update(environment)
    handlers = {stop: signal.getsignal(stop) for stop in (signal.SIGINT, signal.SIGTERM)}
    with starting:
        context = ray.init(**arguments, runtime_env={"env_vars": environment | KEEP_FREED_MEMORY})
    for stop, handler in handlers.items():  # Ray replaces SIGTERM's
        signal.signal(stop, handler)
    return context.dashboard_url or ""


def refuse_silent(address: str) -> None:
    """Raise ConnectionError if nothing answers at the ``address`` HOST:PORT, where Ray would try for minutes, and
    ValueError if its port is no number."""
    place = urlsplit(address if "://" in address else f"//{address}")
    try:
        port = place.port
    except ValueError as error:
        raise ValueError(f"RAY_ADDRESS must be HOST:PORT, got {address}: {error}") from error
    if not port:  # "auto" and "local", which Ray looks up
        return
    try:
        socket.create_connection((place.hostname, port), ANSWERS_WITHIN_SECONDS).close()
    except OSError as error:
        raise ConnectionError(
            f"RAY_ADDRESS: no cluster answers at {address} ({error.strerror or error}): start it, or unset RAY_ADDRESS "
            "to run on this machine"
        ) from error


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
