"""Tables of accuracies as Markdown, LaTeX or CSV."""

import math

import pandas as pd

from analysis.report.paper_tables import AccuracyTable, Cell
from analysis.wording.formatting import pipe_table

LATEX = str.maketrans({
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "×": r"$\times$", "→": r"$\rightarrow$", "–": "--", "−": "$-$",
})  # fmt: skip
NOTHING = "–"


def as_markdown(table: AccuracyTable) -> str:
    """A pipe table under its caption, the notes below."""
    return f"{table.caption}\n\n{pipe_table(_header(table), _rows(table))}\n\n{table.note}\n"


def as_latex(table: AccuracyTable) -> str:
    """A table for the package booktabs."""
    rows = [[text.translate(LATEX) for text in row] for row in _rows(table)]
    titles = [title.translate(LATEX) for title in _header(table)]
    style = pd.DataFrame(rows).style.hide(axis="index").relabel_index(titles, axis="columns")
    return style.to_latex(
        caption=f"{table.caption}. {table.note}".translate(LATEX),
        column_format="l" + "r" * (len(titles) - 1),
        position_float="centering",
        hrules=True,
    )


def as_csv(table: AccuracyTable) -> str:
    """A row per arm; per frame count the accuracy, both ends of its interval, and the published figure if compared."""
    rows = [
        {"method": title} | {name: value for count in table.counts
                             for name, value in _numbers(cells.get(count) or Cell(measured=None), count).items()}
        for title, cells in table.rows
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    shown = [name for name in frame if table.compared or not name.startswith("published_")]
    return frame.to_csv(columns=shown, index=False, float_format="%.2f", lineterminator="\n")


FORMATS = {"markdown": as_markdown, "latex": as_latex, "csv": as_csv}


def _header(table: AccuracyTable) -> list[str]:
    return ["method", *(text for title in table.titles for text in [title, "published"][: 1 + table.compared])]


def _rows(table: AccuracyTable) -> list[list[str]]:
    return [
        [title, *(text for count in table.counts for text in _texts(cells.get(count))[: 1 + table.compared])]
        for title, cells in table.rows
    ]


def _texts(cell: Cell | None) -> list[str]:
    """The measured accuracy with its interval, and the published one."""
    measured = published = NOTHING
    if cell and cell.measured:
        value, low, high = cell.measured
        measured = f"{value:.2f}" if math.isnan(low) else f"{value:.2f} ({low:.1f} to {high:.1f})"
    if cell and cell.published is not None:
        published = f"{cell.published:.2f}"
    return [measured, published]


def _numbers(cell: Cell, count: int) -> dict[str, float | None]:
    value, low, high = cell.measured or (None, None, None)
    return {f"top1_{count}": value, f"low_{count}": low, f"high_{count}": high, f"published_{count}": cell.published}
