import shutil

import pytest

from analysis.comparison.report_data import gather
from analysis.plots.all_plots import report_plots
from analysis.reading.study_error import StudyError
from analysis.report.page import render_report
from analysis.report.pictures import BROWSERS, PictureError, named_plots, write_pictures

HAS_BROWSER = any(map(shutil.which, BROWSERS))
needs_browser = pytest.mark.skipif(not HAS_BROWSER, reason="no Chromium or Chrome on this machine")


@needs_browser
def test_pictures_of_collapse_and_recovery_are_written(make_study, tmp_path):
    pytest.importorskip("kaleido")
    plots = named_plots(report_plots(gather(make_study())), ["collapse", "recovery"])
    paths = write_pictures(plots, tmp_path / "pictures")
    assert [path.name for path in paths] == ["collapse.png", "collapse.svg", "recovery.png", "recovery.svg"]
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    assert "FFN {4,8,16}" in paths[3].read_text(encoding="utf-8")
    for path, plot in zip(paths[1::2], plots):
        assert f'height="{next(iter(plot.views.values())).layout.height}"' in path.read_text(encoding="utf-8")


def test_without_a_browser_the_mend_is_named(make_study, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    with pytest.raises(PictureError, match="install"):
        write_pictures(report_plots(gather(make_study())), tmp_path / "pictures")


def test_a_plot_that_the_study_lacks_is_named(full_report):
    plots = report_plots(full_report)
    with pytest.raises(StudyError, match="no plot views; it has collapse, recovery"):
        named_plots(plots, ["views"])
    assert named_plots(plots, []) == plots


@needs_browser
def test_a_page_is_the_same_after_its_pictures(make_study, tmp_path):
    pytest.importorskip("kaleido")
    report = gather(make_study(arms=(("tsm", "16"),)))
    plots = named_plots(report_plots(report), ["collapse"])
    before = render_report(report, plots)
    write_pictures(plots, tmp_path / "pictures")
    assert render_report(report, plots) == before
