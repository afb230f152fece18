"""Makes ROOT/videos.csv from a folder of videos whose paths hold the class: finds them and draws folds or splits."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffn.data.layouts.found_files import files_below
from ffn.data.layouts.videos_csv import VIDEOS_CSV
from ffn.files import write_atomically

SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}
WILDCARDS = {"**/": r"(?:.+/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
NAMED = {"{class}": "label", "{group}": "group"}


@dataclass(frozen=True, kw_only=True)
class FoundVideo:
    """A video below the root, with what its ``path`` says. Without a group it is alone in one."""

    path: str
    label: str
    group: str = ""


def find_videos(root: Path, pattern: str, exclude: Collection[str] = ()) -> tuple[list[FoundVideo], int]:
    """The files below ``root`` that match ``pattern``, sorted by path, and how many the classes ``exclude`` have.

    In the pattern, which is relative to ``root``, ``{class}`` and ``{group}`` stand for a part of a name, as long as
    possible, ``*`` for any characters but /, ``?`` for one, ``**`` for any folders. Upper and lower case are the same
    except in what ``{class}`` and ``{group}`` find; hidden files are not looked at.
    Raises ValueError for an unusable pattern, if nothing matches, and for an excluded class that is not there.
    """
    expression = _expression(pattern)
    paths = sorted(path.relative_to(root).as_posix() for path in files_below(root))
    matches = [match for path in paths if (match := expression.fullmatch(path))]
    found = [FoundVideo(path=match.string, **match.groupdict()) for match in matches]
    if not found:
        raise ValueError(f"no file below {root} matches --pattern {pattern!r}")
    classes = {video.label for video in found}
    absent = sorted(set(exclude) - classes)
    if absent:
        raise ValueError(f"--exclude names {absent[0]!r}, but the classes are {', '.join(sorted(classes))}")
    kept = [video for video in found if video.label not in exclude]
    return kept, len(found) - len(kept)


def draw_parts(videos: Sequence[FoundVideo], shares: Mapping[str, float], seed: int) -> list[str]:
    """The part of each video, such as its fold: every class in the ``shares`` of the parts, a group in one part.

    Groups are given out from the largest to the smallest, equal ones in a random order, each to the part that lacks
    most of its classes. Raises ValueError for a class that is too small for all parts.
    """
    names, classes = list(shares), sorted({video.label for video in videos})
    sizes = Counter(video.label for video in videos)
    share = np.array([shares[name] for name in names])
    total = np.array([sizes[label] for label in classes])
    filled = np.zeros((len(names), len(classes)))
    part_of = {}
    for group, counts in _shuffled_groups(videos, classes, seed):
        lack = (filled + counts / 2) / (share[:, None] * total) @ (counts / total)
        part = min(range(len(names)), key=lambda place: (round(lack[place], 9), filled[place].sum() / share[place]))
        filled[part] += counts
        part_of[group] = names[part]
    _refuse_small_class(filled, names, classes, sizes)
    return [part_of[_group(video)] for video in videos]


def write_index(root: Path, videos: Sequence[FoundVideo], column: str, parts: Sequence[str]) -> Path:
    """Write ROOT/videos.csv, whose column ``column`` has the ``parts``. Raises ValueError if there is another one."""
    path = root / VIDEOS_CSV
    groups = any(video.group for video in videos)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "label", column, *(["group"] if groups else [])])
    for video, part in zip(videos, parts):
        writer.writerow([video.path, video.label, part, *([video.group] if groups else [])])
    content = text.getvalue().encode()
    if path.exists() and path.read_bytes() != content:
        raise ValueError(f"{path} exists with other content: remove it to write a new one")
    write_atomically(path, content)
    return path


def _expression(pattern: str) -> re.Pattern[str]:
    if "{class}" not in pattern:
        raise ValueError(f"--pattern must contain {{class}}, got {pattern!r}")
    pieces = re.split(r"(\*\*/|\*\*|\*|\?|\{class\}|\{group\})", pattern.removeprefix("./"))
    expression = "".join(WILDCARDS.get(piece) or re.escape(piece) for piece in pieces)
    for name, field in NAMED.items():  # a second one stands for the same characters
        expression = expression.replace(re.escape(name), f"(?P<{field}>[^/]+)", 1)
        expression = expression.replace(re.escape(name), f"(?P={field})")
    return re.compile(expression, re.IGNORECASE)


def _group(video: FoundVideo) -> tuple[str, str]:
    return (video.group, "") if video.group else ("", video.path)


def _shuffled_groups(
    videos: Sequence[FoundVideo], classes: Sequence[str], seed: int
) -> list[tuple[tuple[str, str], np.ndarray]]:
    """Each group and its clips per class: the largest first, those of equal size and class in a random order."""
    place = {label: index for index, label in enumerate(classes)}
    counts: dict[tuple[str, str], np.ndarray] = {}
    for video in videos:
        counts.setdefault(_group(video), np.zeros(len(classes)))[place[video.label]] += 1
    order = np.random.default_rng(seed).permutation(len(counts))
    groups = list(counts.items())
    return sorted((groups[index] for index in order), key=lambda group: (-group[1].sum(), group[1].argmax()))


def _refuse_small_class(filled: np.ndarray, names: Sequence[str], classes: Sequence[str], sizes: Counter[str]) -> None:
    for label, of_class in zip(classes, filled.T):
        if not of_class.all():
            raise ValueError(
                f"the class {label!r} has {sizes[label]} clips, in too few groups to give one to each of "
                f"{len(names)} parts: leave it out with --exclude, or ask for fewer --folds"
            )
