"""Tables of accuracies as Markdown, LaTeX or CSV."""

import csv
import io

from analysis.report.paper_tables import AccuracyTable, Cell

LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "×": r"$\times$", "→": r"$\rightarrow$", "–": "--", "−": "$-$",
}  # fmt: skip
NOTHING = "–"


def as_markdown(table: AccuracyTable) -> str:
    """A pipe table under its caption, the notes below."""
    header, rows = _header(table), _rows(table)
    lines = [_pipes(header), _pipes(["---", *["---:"] * (len(header) - 1)]), *map(_pipes, rows)]
    return "\n".join([table.caption, "", *lines, "", table.note]) + "\n"


def as_latex(table: AccuracyTable) -> str:
    """A table for the package booktabs."""
    header, rows = _header(table), _rows(table)
    body = [" & ".join(map(_escaped, row)) + r" \\" for row in rows]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_escaped(f'{table.caption}. {table.note}')}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"\toprule",
            " & ".join(map(_escaped, header)) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def as_csv(table: AccuracyTable) -> str:
    """A row per arm; per frame count the accuracy, both ends of its interval, and the published figure if compared."""
    columns = ["top1", "low", "high", *(["published"] if table.compared else [])]
    lines = [["method", *(f"{column}_{count}" for count in table.counts for column in columns)]]
    for title, cells in table.rows:
        lines.append([title, *(value for count in table.counts for value in _numbers(cells.get(count), columns))])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


FORMATS = {"markdown": as_markdown, "latex": as_latex, "csv": as_csv}


def _header(table: AccuracyTable) -> list[str]:
    columns = [[title, *(["published"] if table.compared else [])] for title in table.titles]
    return ["method", *(title for group in columns for title in group)]


def _rows(table: AccuracyTable) -> list[list[str]]:
    return [
        [title, *(text for count in table.counts for text in _texts(cells.get(count), table.compared))]
        for title, cells in table.rows
    ]


def _texts(cell: Cell | None, compared: bool) -> list[str]:
    measured = published = NOTHING
    if cell and cell.measured:
        value, low, high = cell.measured
        measured = f"{value:.2f}" if low != low else f"{value:.2f} ({low:.1f} to {high:.1f})"
    if cell and cell.published is not None:
        published = f"{cell.published:.2f}"
    return [measured, published] if compared else [measured]


def _numbers(cell: Cell | None, columns: list[str]) -> list[str]:
    estimate = cell.measured if cell else None
    values = dict(zip(("top1", "low", "high"), estimate or ())) | {"published": cell.published if cell else None}
    return ["" if (value := values.get(column)) is None or value != value else f"{value:.2f}" for column in columns]


def _pipes(cells: list[str]) -> str:
    escaped = [cell.replace("|", r"\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def _escaped(text: str) -> str:
    return "".join(LATEX.get(character, character) for character in text)
