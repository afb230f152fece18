"""The report opened by a real browser, headless and offline."""

import csv
import html
import io
import re
import shutil
import subprocess

import pytest

from analysis import write_report
from analysis.comparison.report_data import gather
from analysis.report.pictures import BROWSERS
from tests.analysis.plots.test_all_plots import NAMES

BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")


@pytest.fixture
def open_page(tmp_path):
    """open_page(text) -> (the page's document after its scripts have run, the lines of its console)."""

    def open_page(text):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        finished = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
             f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--virtual-time-budget=20000",
             "--dump-dom", path.as_uri()],
            capture_output=True, text=True, timeout=120, check=True)  # fmt: skip
        return finished.stdout, [line for line in finished.stderr.splitlines() if "CONSOLE" in line]

    return open_page


def drawn_plots(document):
    """Per plot of the page: how many lines, marker sets, heat maps and paths plotly drew in it."""
    body = document[document.index("<main") : document.index("</main>")]
    sections = re.split(r'<div class="plot[ "]', body)[1:]
    marks = re.compile('class="(?:trace (?:scatter|bars)|hm|sankey-link)')
    return {re.search(r'id="([\w-]+)"', section)[1]: len(marks.findall(section)) for section in sections}


def test_every_plot_of_a_full_study_draws_and_its_data_can_be_saved(full_study, full_page, open_page):
    save = """<pre id="saved"></pre><script>
        const tables = [...document.querySelectorAll(".plot")].flatMap((plot) =>
            tablesOf(plot.id).map((table) => plot.id + "\\n" + table));
        document.getElementById("saved").textContent = tables.join("\\n");
    </script>"""
    document, console = open_page(full_page + save)
    assert console == []
    plots = drawn_plots(document)
    assert list(plots) == NAMES
    assert all(plots.values())
    saved = html.unescape(document[document.index('<pre id="saved">') + 16 :].split("</pre>")[0])
    tables = {name: list(csv.reader(io.StringIO(table))) for name, table in
              (part.split("\n", 1) for part in saved.split("\n\n"))}  # fmt: skip
    assert list(tables) == NAMES
    for rows in tables.values():
        assert len(rows) > 1
        assert {len(row) for row in rows} == {len(rows[0])}
    comparison = gather(full_study).comparisons[0]
    header, *rows = tables["recovery"]
    (ffn,) = (row for row in (dict(zip(header, row)) for row in rows)
              if (row["curve"], row["seed"], row["frames"]) == ("FFN {4,8,16}", "mean", "4"))  # fmt: skip
    assert [float(ffn[name]) for name in ("top1", "low", "high")] == pytest.approx(
        list(comparison.accuracy("FFN {4,8,16}", 4))
    )


def test_a_study_of_one_seed_draws_too(make_study, open_page):
    document, console = open_page(write_report(make_study(predictions=True)).read_text(encoding="utf-8"))
    assert console == []
    assert all(drawn_plots(document).values())


def test_a_report_without_plots_is_silent_too(write_tables, open_page):
    document, console = open_page(write_report(write_tables()).read_text(encoding="utf-8"))
    assert console == []
    assert drawn_plots(document) == {}


def test_the_console_is_really_read_and_requests_are_really_refused(plain_page, open_page):
    _, console = open_page(plain_page + "<script>missing(); </script><script>fetch('//localhost/x')</script>")
    assert any("missing is not defined" in line for line in console)
    assert any("Content Security Policy" in line for line in console)


def test_the_tables_can_be_sorted_and_switched(plain_page, open_page):
    actions = """<script>
        document.querySelector('table.sortable thead button').click();
        const choice = document.querySelector('select[data-shows="results"]');
        choice.selectedIndex = 2;
        choice.dispatchEvent(new Event("change"));
    </script>"""
    document, console = open_page(plain_page + actions)
    assert console == []
    assert 'aria-sort="ascending"' in document
    shown = re.findall(r'<div class="scroll" data-view="results"[^>]*>', document)
    assert ["hidden" not in table for table in shown] == [False, False, True, False]


def test_whole_thousands_are_sorted_as_numbers(plain_page, open_page):
    document, _ = open_page(
        plain_page
        + """<script>
        document.title = ["1,253", "−2", "33.4"].sort(compareCells).join(" ");
    </script>"""
    )
    assert "<title>−2 33.4 1,253</title>" in document


def test_a_long_name_stays_inside_its_key_figure(write_tables, open_page):
    arms = [("tsm", "", 40.0), ("retrofit", "bn+kernels+classifier+weights+everything", 80.0)]
    rows = [{"trial": method, "method": method, "variant": variant, "train_frames": "16", "eval_frames": count,
             "lr": 0.1, "seed": 0, "split": "test", "selection": "last", "clips": 600,
             "top1": top1 if count == 4 else 90.0} for method, variant, top1 in arms for count in (4, 16)]  # fmt: skip
    page = write_report(write_tables(evaluations=rows)).read_text(encoding="utf-8")
    document, _ = open_page(
        page
        + """<script>
        const figures = [...document.querySelectorAll(".figures li")];
        const wide = figures.filter((figure) => figure.scrollWidth > figure.clientWidth);
        document.title = `${wide.length} of ${figures.length}`;
    </script>"""
    )
    assert "<title>0 of 3</title>" in document
