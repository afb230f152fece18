"""One process at a time works in a study's folder."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from study.results.folder import StudyFolder, write_json
from study.results.provenance import now

LOCK, HOLDER = ".lock", "in_use.json"


@contextmanager
def sole_user(folder: StudyFolder) -> Iterator[None]:
    """Hold the folder while a study runs. Raises BlockingIOError, naming who holds it, if another process does.

    The lock is the operating system's: it ends with its process, however that ends, and on a network file system with
    its machine. What in_use.json says of the holder is for people only.
    """
    folder.root.mkdir(parents=True, exist_ok=True)
    lock, holder = FileLock(folder.root / LOCK), folder.root / HOLDER
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BlockingIOError(f"{folder.root} is in use by {_who(holder)}: wait for its end, or stop it") from None
    try:
        write_json(holder, {"process": os.getpid(), "machine": socket.gethostname(), "since": now()})
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _who(holder: Path) -> str:
    try:
        found = json.loads(holder.read_text())
        return f"process {found['process']} on {found['machine']} since {found['since']}"
    except (OSError, ValueError, KeyError):  # it begins or ends just now
        return "another process"
