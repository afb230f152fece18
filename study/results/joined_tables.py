"""Joins the trials' tables piece by piece, so that memory does not grow with their number."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ffn.files import atomic_file

ROWS_AT_ONCE = 250_000  # of a parquet file: some tens of megabytes


def join_csv(path: Path, parts: Sequence[Path]) -> None:
    """Write the rows of ``parts`` to ``path`` unchanged; a column that a part lacks is empty in its rows."""
    columns = dict.fromkeys(column for part in parts for column in _header(part))
    with atomic_file(path) as file:
        writer = csv.DictWriter(codecs.getwriter("utf-8")(file), list(columns), lineterminator="\n")
        writer.writeheader()
        for part in parts:
            writer.writerows(csv_rows(part))


def csv_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one file, by column."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def join_parquet(path: Path, parts: Sequence[Path]) -> None:
    """Write the rows of ``parts`` to ``path`` unchanged; a column that a part lacks is missing in its rows."""
    columns = pa.unify_schemas([pq.read_schema(part) for part in parts])
    with atomic_file(path) as file, pq.ParquetWriter(file, columns) as writer:
        for tables in _in_row_groups(parts):
            writer.write_table(pa.concat_tables([columns.empty_table(), *tables], promote_options="default"))


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def _in_row_groups(parts: Sequence[Path]) -> Iterator[list[pa.Table]]:
    """Tables of at least ROWS_AT_ONCE rows together, since every row group takes time to open."""
    waiting: list[pa.Table] = []
    rows = 0
    for part in parts:
        waiting.append(pq.read_table(part))
        rows += len(waiting[-1])
        if rows >= ROWS_AT_ONCE:
            yield waiting
            waiting, rows = [], 0
    if waiting:
        yield waiting
