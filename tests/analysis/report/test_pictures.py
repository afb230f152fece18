import shutil

import pytest

from analysis.comparison.report_data import gather
from analysis.plots.all_plots import report_plots
from analysis.report.pictures import BROWSERS, write_pictures

HAS_BROWSER = any(map(shutil.which, BROWSERS))
needs_browser = pytest.mark.skipif(not HAS_BROWSER, reason="no Chromium or Chrome on this machine")


@needs_browser
def test_pictures_of_collapse_and_recovery_are_written(make_study, tmp_path):
    pytest.importorskip("kaleido")
    report = gather(make_study())
    paths = write_pictures(report, tmp_path / "pictures", ["collapse", "recovery"])
    assert [path.name for path in paths] == ["collapse.png", "collapse.svg", "recovery.png", "recovery.svg"]
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    assert "FFN {4,8,16}" in paths[3].read_text(encoding="utf-8")
    for path, plot in zip(paths[1::2], report_plots(report)):
        assert f'height="{next(iter(plot.views.values())).layout.height}"' in path.read_text(encoding="utf-8")


def test_without_a_browser_the_mend_is_named(make_study, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    with pytest.raises(RuntimeError, match="install"):
        write_pictures(gather(make_study()), tmp_path / "pictures")


@needs_browser
def test_a_plot_that_the_study_lacks_is_named(make_study, tmp_path):
    pytest.importorskip("kaleido")
    with pytest.raises(ValueError, match="no plot batchnorm; it has collapse, recovery"):
        write_pictures(gather(make_study()), tmp_path / "pictures", ["batchnorm"])
