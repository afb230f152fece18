"""``study export``: the network for one frame count as a file for use elsewhere, and what each count costs."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from ffn.evaluation.cost import latency, multiply_adds
from ffn.files import check_writable
from ffn.models.clip_network import check_frame_counts
from ffn.models.folding import export_sub_network, sub_network
from ffn.training.opened_checkpoint import OpenedCheckpoint, open_checkpoint
from study.commands.shared import CHECKPOINT, Subparsers, require_at_least
from study.terminal import user_path


@dataclass(frozen=True, kw_only=True)
class SubNetworkCost:
    """At one frame count: parameters in use, 10⁹ multiply-adds per clip, and seconds per clip on this machine."""

    frames: int
    parameters: int
    gmacs: float
    seconds: float


def add_to(subparsers: Subparsers, text: str) -> None:
    """Add this command's parser, which ``text`` describes."""
    parser = subparsers.add_parser("export", help=text)
    parser.add_argument("--checkpoint", type=user_path, required=True, help=CHECKPOINT)
    parser.add_argument("--frames", type=int, required=True, help="the frame count of the exported network")
    parser.add_argument("--out", type=user_path, required=True, help="the file to write; torch.export.load reads it")
    parser.set_defaults(command=export)


def export(arguments: argparse.Namespace, console: Console) -> int:
    """Write the file, and print what each of the network's counts costs."""
    opened = export_checkpoint(arguments.checkpoint, arguments.frames, arguments.out)
    table = Table("frames", "parameters", "GMACs per clip", "ms per clip here", box=None)
    for cost in costs(opened, arguments.frames):
        table.add_row(str(cost.frames), f"{cost.parameters:,}", f"{cost.gmacs:.3f}", f"{1e3 * cost.seconds:.1f}")
    console.print(table)
    console.print(f"Network for {arguments.frames} frames: {arguments.out}", soft_wrap=True)
    return 0


def export_checkpoint(path: Path, frames: int, out: Path) -> OpenedCheckpoint:
    """Write the network for ``frames`` frames of the checkpoint ``path``, a study's or another project's, to ``out``.

    Raises FileNotFoundError or ValueError for an unusable checkpoint, ValueError for an unusable ``out``, a count
    below 1, or one that the network does not take.
    """
    require_at_least("--frames", frames, 1)
    if out.suffix != ".pt2" or not out.absolute().parent.is_dir():
        raise ValueError(f"--out must name a file that ends in .pt2, in a folder that exists, got {out}")
    check_writable(out.absolute().parent)
    opened = open_checkpoint(path)
    check_frame_counts(opened.model, (frames,), opened.size)
    export_sub_network(opened.model, frames, size=opened.size, path=out)
    return opened


def costs(opened: OpenedCheckpoint, frames: int) -> list[SubNetworkCost]:
    """The cost of a clip at ``frames`` and at each count for which the network has private parts."""
    return [_cost(opened, count) for count in sorted({frames, *opened.model.context.frame_counts})]


def _cost(opened: OpenedCheckpoint, count: int) -> SubNetworkCost:
    network = sub_network(opened.model, count, size=opened.size)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return SubNetworkCost(
        frames=count,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        gmacs=multiply_adds(network, count, opened.size) / 1e9,
        seconds=latency(network.to(device), count, opened.size),
    )
