"""Dataset verification: reads every video once, in full."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from ffn.data.dataset import VideoDataset
from ffn.data.manifest import ManifestRow, write_manifest
from ffn.data.videos import UnreadableVideoError, Video, VideoFacts
from ffn.files import check_writable
from ffn.processes import parallel_map


def verify(
    dataset: VideoDataset,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[ManifestRow]:
    """Read every labelled video, write the manifest, and return its rows.

    ``workers`` as in ``ffn.processes.parallel_map``; a video of which a process dies cannot be read. ``progress`` is
    called with the number of videos read and their total. Raises OSError, before a video is read, if the manifest's
    folder cannot be written to, and ValueError, without writing a manifest, if no video can be read.
    """
    check_writable(dataset.manifest.parent, "; --manifest names a file elsewhere")
    dataset.check()
    videos = dataset.all_videos()
    rows = []
    look = partial(examine, facts=dataset.facts, files=dataset.files)
    for row in parallel_map(look, videos, workers, died=_row_of_a_death):
        rows.append(row)
        progress(len(rows), len(videos))
    if all(row.reason for row in rows):
        example = next((f", the first is {video.path}: {row.reason}" for video, row in zip(videos, rows)), "")
        raise ValueError(f"{dataset.root}: none of its {len(rows)} videos can be read{example}")
    write_manifest(dataset.manifest, rows)
    return rows


def examine(video: Video, facts: Callable[[Video], VideoFacts], files: Callable[[Path], Iterable[Path]]) -> ManifestRow:
    """One video's row of the manifest."""
    try:
        return ManifestRow(id=video.id, **asdict(facts(video)), sha256=_sha256(files(video.path)))
    except UnreadableVideoError as error:
        return ManifestRow(id=video.id, reason=error.reason)
    except OSError as error:
        return ManifestRow(id=video.id, reason=error.strerror or str(error))


def _row_of_a_death(video: Video) -> ManifestRow:
    return ManifestRow(id=video.id, reason="the process that read it died: its decoder crashed, or memory ran out")


def _sha256(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()
