"""The manifest: the facts of every video, or why it cannot be read.

ROOT/manifest.csv, or a file elsewhere, has a row per video. ``ffn.data.verification`` writes it; training and
evaluation read it.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from ffn.data.text_files import read_csv
from ffn.data.videos import Video
from ffn.files import write_atomically

MANIFEST = "manifest.csv"


@dataclass(frozen=True, kw_only=True)
class ManifestRow:
    """One video: its facts, or the ``reason`` why it cannot be read, in one line."""

    id: str
    frames: int | None = None
    height: int | None = None
    width: int | None = None
    fps: float | None = None
    codec: str | None = None
    sha256: str | None = None
    """Hash of the file, or of all frame files in order."""
    reason: str = ""


COLUMNS = tuple(field.name for field in fields(ManifestRow))


def write_manifest(path: Path, rows: Iterable[ManifestRow]) -> None:
    """Write the manifest ``path`` atomically."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    write_atomically(path, text.getvalue().encode())


def read_manifest(path: Path) -> dict[str, ManifestRow]:
    """The rows of the manifest ``path`` by id; empty if there is no such file.

    Raises ValueError for a file with other columns, and for a line that is not as it was written.
    """
    if not path.exists():
        return {}
    return {texts["id"]: _row(path, line, texts) for line, texts in read_csv(path, COLUMNS).items()}


def _row(path: Path, line: int, texts: Mapping[str, str]) -> ManifestRow:
    try:
        return _facts(texts)
    except ValueError as error:
        raise ValueError(f"{path}: line {line}: {error}: verify the dataset again") from error


def _facts(texts: Mapping[str, str]) -> ManifestRow:
    numbers = {name: int(texts[name]) if texts[name] else None for name in ("frames", "height", "width")}
    return ManifestRow(
        id=texts["id"],
        **numbers,
        fps=float(texts["fps"]) if texts["fps"] else None,
        codec=texts["codec"] or None,
        sha256=texts["sha256"] or None,
        reason=texts["reason"],
    )


def with_manifest(videos: tuple[Video, ...], manifest: Mapping[str, ManifestRow]) -> tuple[Video, ...]:
    """``videos`` with the manifest's reasons, and its frame counts unless a list file gave one."""
    if not manifest:
        return videos
    return tuple(_noted(video, manifest.get(video.id)) for video in videos)


def _noted(video: Video, row: ManifestRow | None) -> Video:
    if row is None:
        return video
    return replace(video, frames=row.frames if video.frames is None else video.frames, unreadable=row.reason)
