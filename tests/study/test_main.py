"""The commands together: each in its own module, loaded when it is used."""

import subprocess
import sys

import pytest

from study.__main__ import COMMANDS, main
from tests.conftest import ROOT
from tests.damaged_videos import small_dataset

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


TAKE_STATE_DICTS = ("evaluate", "retrofit")


@pytest.mark.parametrize("command", ["evaluate", "retrofit", "predict", "export"])
def test_a_plain_state_dict_is_offered_by_the_commands_that_take_one(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    printed = capsys.readouterr().out
    assert ("plain state dict" in printed) == ("--backbone BACKBONE" in printed) == (command in TAKE_STATE_DICTS)


BRACKETS = "Title [dQw4w9WgXcQ] :cat:"
EXPERIMENT = """
from dataclasses import replace
from experiments.demo import TINY, experiment as demo

experiment = replace(demo, trials=(TINY.vary(variant="[something]" * 20),))
"""


def test_in_a_pipe_names_stay_whole_and_what_looks_like_markup_as_it_is(videos, tmp_path, capsys):
    root = small_dataset(videos, tmp_path / BRACKETS, train=1, validation=1)
    assert main(["data", "verify", str(root), "--workers", "1"]) == 0
    assert f"All 2 videos can be read: {root / 'manifest.csv'}" in capsys.readouterr().out
    (tmp_path / "experiment.py").write_text(EXPERIMENT)
    assert main(["run", str(tmp_path / "experiment.py"), "--out", str(tmp_path / "none"), "--dry-run"]) == 0
    assert f"tsm-{'[something]' * 20}-16" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["train"], ["--data", "run"]])
def test_what_is_no_command_is_unusable(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert capsys.readouterr().err.startswith("usage: python -m study")
