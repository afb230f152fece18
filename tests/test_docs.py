"""README and docs: their links lead somewhere, their Python runs, their commands are known, their tests exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [str(path.relative_to(ROOT)) for path in DOCS]
ELSEWHERE = ("ray ", "git clone ", "sbatch ", "cat ", "unzip ", "pip install ", "export ", "source ", "pre-commit ")
"""Beginnings of commands that need a cluster, a download or a shell of their own; nothing here runs them."""

FAULTS = (ROOT / "docs" / "faults.md").read_text()
ROWS = [line for line in FAULTS.splitlines() if line.startswith("| ") and "tested by" not in line]


def blocks(path, language):
    """The code blocks of a document in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)


def commands(path):
    """The shell commands of a document, without comments."""
    lines = (line.split("#")[0].strip() for block in blocks(path, "sh") for line in block.splitlines())
    return [line for line in lines if line]


COMMANDS = [line for path in DOCS for line in commands(path)]


@pytest.mark.parametrize("path", DOCS, ids=NAMES)
def test_links_and_pictures_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if target.startswith("http"):
            continue
        file, _, heading = target.partition("#")
        linked = path.parent / file if file else path
        assert linked.exists(), target
        assert not heading or heading in anchors(linked), target


def anchors(path):
    """The names by which the headings of a document can be linked."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [path for path in DOCS if blocks(path, "python")], ids=lambda path: path.name)
def test_python_examples_run(path):
    """All of a document's examples, one after the other in one process."""
    code = "\n".join(["import torch", "clips = torch.randn(1, 5, 3, 64, 64)", *blocks(path, "python")])
    code = code.replace('weights="imagenet"', "weights=None").replace("resnet50", "resnet18")
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}  # busy cores make several threads wait for each other
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=one_thread, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr


def test_commands_are_run_by_tests_or_known_to_need_more_than_one_machine():
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for line in COMMANDS:
        words = line.split()
        if words[0] == "make":
            assert words[1] in targets, line
        elif not line.startswith("python -m "):  # those are run by test_commands.py
            assert line.startswith(ELSEWHERE), line


@pytest.mark.parametrize("path", DOCS, ids=NAMES)
def test_files_that_the_text_names_exist(path):
    folders = "ffn|study|analysis|experiments|tests|docs"
    for file in re.findall(rf"`((?:{folders})/[\w/.-]*)`", path.read_text()):
        assert (ROOT / file).exists(), file


def test_files_that_commands_name_exist():
    for line in COMMANDS:
        for file in re.findall(r"experiments/[\w/.]+", line):
            assert (ROOT / file).exists(), line


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_fault_is_shown_by_a_test(row):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
    assert named
    for file, test in named:
        assert f"\ndef {test}(" in (ROOT / file).read_text(), f"{file}::{test}"


def test_hooks_before_a_commit_are_local_and_check_what_lint_checks():
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert {repository["repo"] for repository in repositories} == {"local"}
    tools = {tuple(hook["entry"].split()[2:4]) for repository in repositories for hook in repository["hooks"]}
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    assert tools == {tuple(line.split()[2:4]) for line in lint.splitlines()}
