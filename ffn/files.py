"""Files written atomically."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Write a file so that no reader ever sees it half written, not even after a power cut.

    Raises OSError with the path if the disk is full or fails; the previous content is then kept.
    """
    with atomic_file(path) as file:
        file.write(content)


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """``write_atomically`` for content written in pieces."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # otherwise a power cut could leave an empty file under the new name
        os.replace(temporary, path)
    except OSError as error:  # Python puts the path into errors of open, not of write
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(folder: Path, otherwise: str = "") -> None:
    """Raise OSError, with the folder and what to do ``otherwise``, if no file can be made in ``folder``."""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise type(error)(f"{folder} must be a folder that can be written to: {error.strerror}{otherwise}") from error
