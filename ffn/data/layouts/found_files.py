"""Video files found by their names, whatever their container: people convert videos, and label files still say .avi."""

import os
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path


def files_below(root: Path) -> Iterator[Path]:
    """All files below ``root`` but hidden ones, through links too, in no particular order."""
    for folder, folders, names in os.walk(root, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith("."))


class FoundFiles:
    """The files below ``folder``, which is read when the first file is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, listed: str, *stems: str) -> Path:
        """The file that a label file calls ``listed``, such as "jump/1.avi": with any extension, in any folder "jump".

        Where there are several, those of the listed extension count. ``stems``: further names, without extension. A
        missing file is where it is listed. Raises ValueError where several files could be meant.
        """
        usual = Path(listed)
        found = [path for stem in dict.fromkeys((usual.stem, *stems)) for path in self._by_stem.get(stem, ())]
        if usual.parent.name:
            found = [path for path in found if path.parent.name.lower() == usual.parent.name.lower()]
        if len(found) > 1:
            found = [path for path in found if path.suffix == usual.suffix] or found
        if len(found) > 1:
            raise ValueError(f"{listed} could be {' or '.join(map(str, sorted(found)[:2]))}: keep one")
        return found[0] if found else self.folder / usual

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        found = defaultdict(list)
        for path in files_below(self.folder):
            found[path.stem].append(path)
        return found
