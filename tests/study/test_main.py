"""The commands together: each in its own module, loaded when it is used."""

import subprocess
import sys

import pytest

from study.__main__ import COMMANDS, main
from tests.conftest import ROOT

HELP = """
import sys
from study.__main__ import main

try:
    main(["--help"])
finally:
    print(*sys.modules)
"""


def test_help_names_every_command_and_loads_none():
    answer = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True, check=True)
    shown, loaded = answer.stdout.rsplit("\n", 2)[:2]
    assert all(f"    {command} " in shown for command in COMMANDS)
    assert not {"torch", "ray", "pandas"} & {*loaded.split()}
    assert {module.stem for module in (ROOT / "study" / "commands").glob("[a-z]*.py")} == {*COMMANDS, "shared"}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_describes_its_arguments(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert f"usage: python -m study {command}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["train"], ["--data", "run"]])
def test_what_is_no_command_is_unusable(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert capsys.readouterr().err.startswith("usage: python -m study")
