"""The README's commands, run; its files, present."""

import re
import shutil
from importlib import import_module
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
LINES = [line.split("#")[0].strip() for line in README.read_text().splitlines()]
COMMANDS = [line.removeprefix("python -m ") for line in LINES if line.startswith("python -m ")]


def small(module, arguments, videos):
    """What makes a command end in seconds: few clips, and of long experiments the plan alone."""
    if module == "experiments.benchmarks":
        return ["--quick", "--only", "inference", "--repeats", "1"]
    if arguments[:2] == ["data", "synthesize"]:
        return ["--train", "12", "--validation", "12", "--test", "12"]
    if arguments[0] != "run":
        return []
    return ["--data", str(videos)] if "demo.py" in arguments[1] else ["--dry-run"]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_runs(words, demo_study, videos, tmp_path):
    """In this process, on the small videos, in place of the demonstration's, and in the tests' folders."""
    places = {
        "results/table1_methods_demo": str(demo_study[0]),
        "results/demo": str(demo_study[0]),
        "DATA": str(shutil.copytree(videos, tmp_path / "copied")),
        "data/fine": str(tmp_path / "fine"),
    }
    words = re.sub(r"data/synthetic-\S+", str(videos), words)
    for named, place in places.items():
        words = words.replace(named, place)
    module, *arguments = words.split()
    main = import_module(f"{module}.__main__").main
    assert main([*arguments, *small(module, arguments, videos)]) == 0


def test_the_pictures_are_there_and_the_make_targets_exist():
    text = README.read_text()
    for picture in re.findall(r"!\[.*?\]\((\S+)\)", text):
        assert (README.parent / picture).exists(), picture
    targets = (README.parent / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", text, re.MULTILINE):
        assert f"\n{target}:" in targets


def test_the_python_example_runs():
    import torch

    code = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)[1]
    small = code.replace('weights="imagenet"', "weights=None").replace("resnet50", "resnet18")
    names = {"clips": torch.randn(1, 5, 3, 64, 64)}
    exec(small, names)
    assert names["logits"].shape == (1, 174)
