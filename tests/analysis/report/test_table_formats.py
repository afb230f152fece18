import csv
import io

import pytest

from analysis.report.paper_tables import AccuracyTable, Cell
from analysis.report.table_formats import as_csv, as_latex, as_markdown
from analysis.statistics.estimates import Estimate

NAN = float("nan")


def table(*, compared):
    rows = (
        ("FFN, {a|b}_c", {4: Cell(measured=Estimate(56.071, 54, 58), published=56.07), 8: Cell(measured=None)}),
        ("TSM", {4: Cell(measured=Estimate(31, NAN, NAN)), 8: Cell(measured=None, published=51.55)}),
    )
    return AccuracyTable(caption="A 100 % caption", counts=(4, 8), titles=("4×1×1", "8×1×1"), rows=rows,
                         compared=compared, note="A note.")  # fmt: skip


def test_markdown_has_the_published_column_beside_where_compared():
    lines = as_markdown(table(compared=True)).splitlines()
    assert lines[2] == "| method | 4×1×1 | published | 8×1×1 | published |"
    assert lines[4] == r"| FFN, {a\|b}_c | 56.07 (54.0 to 58.0) | 56.07 | – | – |"
    assert lines[5] == "| TSM | 31.00 | – | – | 51.55 |"


def test_markdown_has_no_published_column_elsewhere():
    assert as_markdown(table(compared=False)).splitlines()[5] == "| TSM | 31.00 | – |"


def test_latex_escapes_what_tex_would_read():
    text = as_latex(table(compared=True))
    assert r"FFN, \{a|b\}\_c & 56.07 (54.0 to 58.0) & 56.07 & -- & -- \\" in text
    assert r"4$\times$1$\times$1" in text
    assert r"100 \% caption. A note." in text
    assert r"\begin{tabular}{lrrrr}" in text


@pytest.mark.parametrize("compared", [True, False])
def test_csv_has_numbers_alone_in_its_cells(compared):
    header, ffn, tsm = csv.reader(io.StringIO(as_csv(table(compared=compared))))
    columns = ["top1", "low", "high", *(["published"] if compared else [])]
    assert header == ["method", *(f"{column}_{count}" for count in (4, 8) for column in columns)]
    assert ffn[1:4] == ["56.07", "54.00", "58.00"]
    assert tsm[1:4] == ["31.00", "", ""]
    assert tsm[-1] == ("51.55" if compared else "")
