"""The fault table names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FAULTS = (ROOT / "docs" / "faults.md").read_text()
ROWS = [line for line in FAULTS.splitlines() if line.startswith("| ") and "shown by" not in line]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_fault_is_shown_by_a_test(row):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
    assert named
    for file, test in named:
        assert f"\ndef {test}(" in (ROOT / file).read_text(), f"{file}::{test}"
