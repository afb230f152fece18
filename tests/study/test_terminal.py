import io
import sys

import pytest

from analysis.__main__ import main as analysis
from study.__main__ import main as study


@pytest.mark.parametrize(
    ("main", "words", "printed"),
    [
        (study, ["run", "experiments/demo.py", "--dry-run", "--out"], b"10?? MACs"),
        (analysis, ["table"], b"Ergebnisse f?r sp?ter"),
    ],
    ids=["study", "analysis"],
)
def test_a_character_that_the_terminal_lacks_ends_no_command(main, words, printed, tmp_path, monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, terminal)
    main([*words, str(tmp_path / "Ergebnisse für später")])
    terminal.flush()
    assert printed in terminal.buffer.getvalue()
