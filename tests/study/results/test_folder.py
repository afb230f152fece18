import json

import pandas as pd
import pytest

from study.results.folder import StudyFolder, write_json, write_table


def test_a_trials_state_follows_what_it_left(tmp_path):
    folder = StudyFolder(tmp_path)
    assert folder.outcome("a") == {"status": "pending"}
    write_table(folder.trial("a") / "epochs.csv", pd.DataFrame({"epoch": [1]}))
    assert folder.outcome("a") == {"status": "running"}
    write_json(folder.trial("a") / "outcome.json", {"status": "finished", "seconds": 3.5})
    assert folder.outcome("a") == {"status": "finished", "seconds": 3.5}
    assert folder.is_finished("a")


FINISHED, STOPPED = {"status": "finished", "seconds": 3.5}, {"status": "stopped", "reason": "asha stopped it"}


@pytest.mark.parametrize(
    ("before", "failed", "after"),
    [
        ({"status": "pending"}, {"status": "failed", "reason": "no room"}, {"status": "pending"}),
        ({"status": "failed", "reason": "x"}, {"status": "failed", "reason": "no room"}, {"status": "pending"}),
        (FINISHED, FINISHED | {"reason": "no room"}, FINISHED),
        (STOPPED, STOPPED, STOPPED),
    ],
    ids=lambda outcome: outcome["status"],
)
def test_a_failure_leaves_what_is_over_as_it_was(before, failed, after, tmp_path):
    folder = StudyFolder(tmp_path)
    write_json(folder.trial("a") / "outcome.json", before)
    over = folder.is_over("a")
    folder.write_failure("a", "no\n  room")
    assert folder.outcome("a") == failed
    assert (folder.is_over("a"), folder.has_failed("a")) == (over, before != STOPPED)
    folder.forget_failure("a")
    assert folder.outcome("a") == after
    assert not folder.has_failed("a")


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_a_table_is_written_whole_or_not_at_all(name, tmp_path):
    table = pd.DataFrame({"trial": ["a", "b"], "top1": [12.34, 100.0]})
    write_table(tmp_path / name, table)
    read = pd.read_parquet if name.endswith("parquet") else pd.read_csv
    with pytest.raises(AttributeError):
        write_table(tmp_path / name, None)
    pd.testing.assert_frame_equal(read(tmp_path / name), table)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_json_that_cannot_be_written_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "study.json", {"name": "demo"})
    with pytest.raises(TypeError):
        write_json(tmp_path / "study.json", {"name": object()})
    assert json.loads((tmp_path / "study.json").read_text()) == {"name": "demo"}


def test_records_with_a_byte_order_mark_are_read_and_others_named(tmp_path):
    folder = StudyFolder(tmp_path)
    write_json(folder.suggestions_file, [{"lr": 0.1}])
    write_json(folder.study_file, {"name": "demo"})
    folder.suggestions_file.write_bytes(folder.suggestions_file.read_text().encode("utf-8-sig"))
    folder.study_file.write_text("{")
    assert folder.suggestions() == [{"lr": 0.1}]
    with pytest.raises(ValueError, match="study.json is not a JSON file"):
        folder.record()
