"""Where numbers come from, also where the machine cannot say all of it."""

import pytest

from study.results.provenance import new_session


@pytest.fixture
def without_git(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_session_begins_on_a_machine_without_git(without_git, tmp_path):
    session = new_session(tmp_path)
    assert (session["git_commit"], session["git_dirty"]) == (None, None)
    assert session["code_hash"] and session["started"]
