"""Files written atomically."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Write a file that nobody ever sees half written: no other run, and not after a power cut either.

    Raises OSError naming ``path`` if the disk is full or fails; the previous content is then kept.
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
            os.fsync(file.fileno())  # else a power cut could leave an empty file under the new name
        os.replace(temporary, path)
    except OSError as error:  # Python names the file in errors of open, not of write
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)
