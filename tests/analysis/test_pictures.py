import shutil

import pytest

from analysis.pictures import BROWSERS, write_pictures
from analysis.tables import load_study


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="no Chromium or Chrome on this machine")
def test_pictures_of_collapse_and_recovery_are_written(make_study, tmp_path):
    pytest.importorskip("kaleido")
    paths = write_pictures(load_study(make_study()), tmp_path / "pictures")
    assert [path.name for path in paths] == ["collapse.png", "collapse.svg", "recovery.png", "recovery.svg"]
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    assert "FFN {4,8,16}" in paths[3].read_text(encoding="utf-8")


def test_without_a_browser_the_mend_is_named(make_study, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    with pytest.raises(RuntimeError, match="install"):
        write_pictures(load_study(make_study()), tmp_path / "pictures")
