"""``study data``: synthesize a dataset, index a folder of videos, or verify a dataset."""

import argparse
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from ffn.data.index import SHARES, FoundVideo, draw_parts, find_videos, write_index
from ffn.data.layouts.entries import in_order
from ffn.data.layouts.registry import open_dataset
from ffn.data.synthetic import SyntheticDataset, synthesize
from ffn.data.verification import verify
from ffn.files import check_writable
from study.commands.shared import LABELS, Subparsers, require_at_least
from study.terminal import user_path

UNREADABLE_VIDEOS = 1


def add_to(subparsers: Subparsers, text: str) -> None:
    """Add this command's parsers, which ``text`` describes."""
    data = subparsers.add_parser("data", help=text)
    commands = data.add_subparsers(required=True, metavar="COMMAND")
    drawing = commands.add_parser("synthesize", help="draw the synthetic motion clips")
    drawing.add_argument("folder", type=user_path)
    defaults = SyntheticDataset()
    drawing.add_argument("--motions", choices=("slow", "fine"), default=defaults.motions)
    for name in ("train", "validation", "test", "seed"):
        drawing.add_argument(f"--{name}", type=int, default=getattr(defaults, name))
    drawing.set_defaults(command=synthesize_dataset)
    indexing = commands.add_parser("index", help="find videos by their names and write videos.csv beside them")
    indexing.add_argument("folder", type=user_path)
    indexing.add_argument("--pattern", required=True, help="where the videos are below the folder, such as "
                          "'{class}/*' or '**/{class}_{group}_*.mp4'; clips of a group stay together")  # fmt: skip
    indexing.add_argument("--exclude", nargs="+", default=[], metavar="CLASS", help="classes to leave out")
    shares = ", ".join(f"{split} {100 * share:.0f}" for split, share in SHARES.items())
    indexing.add_argument("--folds", type=int, help=f"folds of equal size (default: splits, in percent {shares})")
    indexing.add_argument("--seed", type=int, default=0)
    indexing.set_defaults(command=index_videos)
    verifying = commands.add_parser("verify", help="read every video once and write manifest.csv beside them")
    verifying.add_argument("folder", type=user_path)
    verifying.add_argument("--labels", type=user_path, help=LABELS)
    verifying.add_argument("--workers", type=int, help="processes (default: one for each core)")
    verifying.add_argument("--manifest", type=user_path, help="write it there instead")
    verifying.set_defaults(command=verify_dataset)


def synthesize_dataset(arguments: argparse.Namespace, console: Console) -> int:
    """Draw the synthetic dataset."""
    config = SyntheticDataset(motions=arguments.motions, train=arguments.train, validation=arguments.validation,
                              test=arguments.test, seed=arguments.seed)  # fmt: skip
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Drawing the synthetic videos", total=None)
        synthesize(arguments.folder, config, progress=lambda done, total: bar.update(task, completed=done, total=total))
    console.print(str(arguments.folder), soft_wrap=True)
    return 0


def index_videos(arguments: argparse.Namespace, console: Console) -> int:
    """Find the videos of a folder, divide them into folds or splits, and list them in videos.csv."""
    if not arguments.folder.is_dir():
        raise FileNotFoundError(f"{arguments.folder} is missing: name the folder of the videos")
    if arguments.folds is not None:
        require_at_least("--folds", arguments.folds, 2)
    require_at_least("--seed", arguments.seed, 0)
    check_writable(arguments.folder)
    videos, excluded = find_videos(arguments.folder, arguments.pattern, arguments.exclude)
    folds = arguments.folds
    shares = SHARES if folds is None else {str(fold): 1 / folds for fold in range(folds)}
    parts = draw_parts(videos, shares, arguments.seed)
    path = write_index(arguments.folder, videos, "split" if folds is None else "fold", parts)
    console.print("\n".join(_found(videos, parts, list(shares), excluded, arguments.exclude)), soft_wrap=True)
    console.print(f"Written: {path}", soft_wrap=True)
    return 0


def _found(
    videos: Sequence[FoundVideo], parts: Sequence[str], names: Sequence[str], excluded: int, classes_out: Sequence[str]
) -> list[str]:
    labels = [video.label for video in videos]
    classes, groups = in_order(labels), {video.group for video in videos if video.group}
    return [
        f"{len(videos)} videos of {len(classes)} classes: {_counts(classes, labels)}",
        f"{'splits' if 'train' in names else f'{len(names)} folds'}: {_counts(names, parts)}",
        *([f"{len(groups)} groups, each in one part"] if groups else []),
        *([f"left out: {excluded} videos of {', '.join(classes_out)}"] if classes_out else []),
    ]


def _counts(names: Sequence[str], found: Sequence[str]) -> str:
    sizes = Counter(found)
    return ", ".join(f"{name} {sizes[name]}" for name in names)


def verify_dataset(arguments: argparse.Namespace, console: Console) -> int:
    """Read every video of a dataset once, and write its manifest."""
    if arguments.workers is not None:
        require_at_least("--workers", arguments.workers, 1)
    dataset = open_dataset(arguments.folder, arguments.manifest, arguments.labels)
    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=console, transient=True) as bar:
        task = bar.add_task("Reading the videos", total=None)
        rows = verify(
            dataset,
            workers=arguments.workers,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    unreadable = sum(bool(row.reason) for row in rows)
    if unreadable:
        console.print(f"{unreadable} of {len(rows)} videos cannot be read: {dataset.manifest} says why", soft_wrap=True)
        return UNREADABLE_VIDEOS
    console.print(f"All {len(rows)} videos can be read: {dataset.manifest}", soft_wrap=True)
    return 0
