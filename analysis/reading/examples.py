"""Example clips: one strip of frames per class, as the study saved them."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Example:
    """One class's strip as a data URI, so that the page needs no second file."""

    caption: str
    uri: str


def class_examples(folder: Path, captions: Iterable[tuple[int, str]]) -> tuple[Example, ...]:
    """The strips in a study's folder of the classes with these numbers; those that it lacks are left out."""
    paths = [(folder / "examples" / f"{number}.jpg", caption) for number, caption in captions]
    return tuple(Example(caption=caption, uri=_uri(path)) for path, caption in paths if path.exists())


def _uri(path: Path) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(path.read_bytes()).decode()}"
