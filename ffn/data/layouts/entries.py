"""What label files have in common: each entry names a video and its class."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ffn.data.text_files import read_lines
from ffn.data.videos import Video


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One video of a label file; ``place`` is where it stands there, such as "line 3"."""

    place: str
    id: str
    label: str
    """The name of the class."""
    frames: int | None = None


def labelled_videos(
    file: Path, entries: Iterable[Entry], classes: Sequence[str], path_of: Callable[[str], Path]
) -> tuple[Video, ...]:
    """The videos of the label file ``file`` in its order.

    Raises ValueError with the file and the entry's place for an id that is empty or stands twice and for an unknown
    class, and with the file if there is no entry.
    """
    index_of = {name: index for index, name in enumerate(classes)}
    place_of: dict[str, str] = {}
    videos = []
    for entry in entries:
        _check(file, entry, index_of, place_of)
        place_of[entry.id] = entry.place
        label = index_of[entry.label]
        videos.append(Video(id=entry.id, path=path_of(entry.id), label=label, frames=entry.frames))
    if not videos:
        raise ValueError(f"{file} lists no video")
    return tuple(videos)


def read_classes(file: Path) -> tuple[str, ...]:
    """The classes of a file with a line per class. Raises ValueError if it is empty or a class stands twice."""
    lines = read_lines(file)
    if not lines:
        raise ValueError(f"{file} must have a line per class")
    first: dict[str, int] = {}
    for number, name in lines.items():
        if name in first:
            raise ValueError(f"{file}: line {number} has the same class {name!r} as line {first[name]}")
        first[name] = number
    return tuple(first)


def ids_and_classes(file: Path) -> Iterable[Entry]:
    """The entries of a list with a line ``id;class`` per video. Raises ValueError with another line."""
    for number, line in read_lines(file).items():
        id, *label = next(csv.reader([line], delimiter=";"))
        if not label:
            raise ValueError(f"{file}: line {number} must be `id;class`, got {line!r}")
        yield Entry(place=f"line {number}", id=id, label=";".join(label))


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Class names in the order of their labels: sorted, by value if all are whole numbers."""
    distinct = sorted(set(names))
    return tuple(sorted(distinct, key=int) if all(name.isdecimal() for name in distinct) else distinct)


def refuse_untrained(file: Path, classes: Mapping[str, Iterable[str]]) -> None:
    """Raise ValueError if a split has a class that the split "train", if there is one, lacks: its name is misspelt."""
    for split, names in classes.items():
        unknown = sorted(set(names) - set(classes.get("train", names)))
        if unknown:
            raise ValueError(f"{file}: the class {unknown[0]!r} of the split {split} is not in the split train")


def _check(file: Path, entry: Entry, index_of: dict[str, int], place_of: dict[str, str]) -> None:
    if not entry.id:
        raise ValueError(f"{file}: {entry.place} has no id")
    if entry.id in place_of:
        raise ValueError(f"{file}: {entry.place} has the same id {entry.id!r} as {place_of[entry.id]}: remove one")
    if entry.label not in index_of:
        raise ValueError(f"{file}: {entry.place}: the class {entry.label!r} is not one of the {len(index_of)} classes")
