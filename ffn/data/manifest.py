"""The manifest: the facts of every video, or why it cannot be read.

ROOT/manifest.csv has a row per video. ``ffn.data.verification`` writes it; training and evaluation read it.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

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


def write_manifest(root: Path, rows: Iterable[ManifestRow]) -> None:
    """Write the manifest of the dataset in ``root`` atomically."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    write_atomically(root / MANIFEST, text.getvalue().encode())


def read_manifest(root: Path) -> dict[str, ManifestRow]:
    """The manifest's rows by id; empty without a manifest.

    Raises ValueError for a file with other columns.
    """
    path = root / MANIFEST
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path} must have the columns {', '.join(COLUMNS)}: verify the dataset again")
        return {row["id"]: _row(row) for row in reader}


def _row(texts: Mapping[str, str]) -> ManifestRow:
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
