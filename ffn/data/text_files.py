"""Text, JSON and CSV files that people made: the one way in which they are read.

Byte-order marks, UTF-16 and every kind of line end are understood. Whatever else is not UTF-8 is refused with the file
and the mend.
"""

import codecs
import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ENCODINGS = {  # by byte-order mark; that of UTF-16 begins that of UTF-32, so the longer one comes first
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
DELIMITERS = ",;\t"


def read_text(path: Path) -> str:
    """The file's text, with line ends ``\\n``. Raises ValueError if it is not UTF-8 and has no byte-order mark."""
    content = path.read_bytes()
    encoding = next((name for mark, name in ENCODINGS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a UTF-8 text, see its byte {error.start + 1}: save it as UTF-8") from error
    if "\0" in text:
        raise ValueError(f"{path} is not a UTF-8 text, as it contains zero bytes: save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_lines(path: Path) -> dict[int, str]:
    """The lines that are not blank, stripped, by their number from 1. Raises ValueError as ``read_text`` does."""
    return {number: line.strip() for number, line in enumerate(read_text(path).split("\n"), start=1) if line.strip()}


def read_json(path: Path) -> Any:
    """The file's content. Raises ValueError with the file, also for a key that stands twice in one object."""
    try:
        return json.loads(read_text(path), object_pairs_hook=_distinct)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not a JSON file: {error}") from error
    except _KeyTwiceError as error:
        raise ValueError(f"{path}: {error} stands twice: remove one") from error


def read_csv(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> dict[int, dict[str, str]]:
    """The cells of each row by column, by the number of the row's (last) line.

    The columns are separated by commas, semicolons or tabs, in any order; their names' case does not matter, and
    columns that are neither in ``columns`` nor ``optional`` are left out. Blank rows are skipped. Raises ValueError for
    a missing column, one that stands twice, a row with another number of cells than the header,
    or a quote that is not closed.
    """
    text = read_text(path)
    first, _, _ = text.lstrip("\n").partition("\n")
    delimiter = max(DELIMITERS, key=first.count)
    rows = {number: cells for number, cells in _rows(path, text, delimiter) if any(cell.strip() for cell in cells)}
    if not rows:
        raise ValueError(f"{path} is empty: its first line must name the columns {', '.join(columns)}")
    header, *body = rows.items()
    places = _places(path, header[1], columns, optional)
    wrong = next((number for number, cells in body if len(cells) != len(header[1])), None)
    if wrong is not None:
        raise ValueError(
            f"{path}: line {wrong} has {len(rows[wrong])} cells instead of {len(header[1])}: "
            f'write a cell that contains "{delimiter}" in quotes'
        )
    return {number: {name: cells[place] for name, place in places.items()} for number, cells in body}


def _rows(path: Path, text: str, delimiter: str) -> Iterable[tuple[int, list[str]]]:
    """The cells of each row with the number of its last line. Raises ValueError with the line of a stray quote."""
    reader, end = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True), 0
    try:
        for cells in reader:
            end = reader.line_num
            yield end, cells
    except csv.Error as error:
        raise ValueError(f'{path}: line {end + 1} has a quote (") that is not closed, or text after one') from error


def _places(path: Path, header: list[str], columns: Sequence[str], optional: Sequence[str]) -> dict[str, int]:
    found = [name.strip().lower() for name in header]
    twice = next((name for name in (*columns, *optional) if found.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{path} has two columns {twice}: remove one")
    missing = [name for name in columns if name not in found]
    if missing:
        raise ValueError(
            f"{path} must have the columns {', '.join(columns)} in its first line; {', '.join(missing)} is missing"
        )
    return {name: found.index(name) for name in (*columns, *optional) if name in found}


class _KeyTwiceError(Exception):
    pass


def _distinct(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise _KeyTwiceError(repr(key))
        content[key] = value
    return content
