import io
import sys

import pytest

from analysis.__main__ import main as analysis
from study.__main__ import main as study


@pytest.mark.parametrize(
    ("main", "words", "printed"),
    [
        (study, ["run", "experiments/demo.py", "--dry-run"], b"10?? multiply-adds"),
        (analysis, ["table", "Ergebnisse für später"], b"Ergebnisse f?r sp?ter"),
    ],
    ids=["study", "analysis"],
)
def test_a_character_that_the_terminal_lacks_ends_no_command(main, words, printed, monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, terminal)
    monkeypatch.setenv("COLUMNS", "200")
    main(words)
    terminal.flush()
    assert printed in terminal.buffer.getvalue()
