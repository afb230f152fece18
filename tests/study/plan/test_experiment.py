"""An experiment's file, as its author leaves it."""

import pytest

from study.__main__ import main

FAULTY = {
    "syntax": ("experiment = (", "experiment.py: SyntaxError: '(' was never closed (experiment.py, line 1)"),
    "field": (
        "from experiments.demo import TINY\n\nTINY.vary(epoch=3)",
        "experiment.py:3: TypeError: Trial.__init__() got an unexpected keyword argument 'epoch'",
    ),
    "value": (
        "from experiments.demo import TINY\ndef low():\n    TINY.vary(lr=-1)\nlow()",
        "experiment.py:3: lr must be above 0, got -1",
    ),
    "import": ("import nothing_at_all", "experiment.py:1: ModuleNotFoundError: No module named 'nothing_at_all'"),
    "lines": ("raise RuntimeError('two\\nlines')", "experiment.py:1: RuntimeError: two lines"),
    "nothing": ("", "experiment.py must define `experiment`"),
}


@pytest.mark.parametrize(("text", "said"), FAULTY.values(), ids=FAULTY)
def test_a_faulty_file_is_refused_in_one_line_with_its_place(text, said, tmp_path, capsys):
    path = tmp_path / "experiment.py"
    path.write_text(text)
    for command in ("run", "show"):
        assert main([command, str(path)]) == 2
        printed = capsys.readouterr().err
        assert printed.startswith(f"study: {tmp_path}/{said}")
        assert len(printed.splitlines()) == 1
