import pandas as pd
import pytest

from study.results import joined_tables
from study.results.joined_tables import join_csv, join_parquet

TABLES = [
    pd.DataFrame({"trial": ["a", "a"], "loss_4": [0.1, 1 / 3], "reason": ["x, y", 'said "no"']}),
    pd.DataFrame({"trial": ["b"], "loss_8": [2.5]}),
    pd.DataFrame({"trial": ["ä"], "loss_4": [7.0], "reason": ["lines\nand more"]}),
]


@pytest.fixture
def parts(tmp_path):
    paths = [tmp_path / f"{number}.csv" for number in range(len(TABLES))]
    for table, path in zip(TABLES, paths):
        table.to_csv(path, index=False)
    return paths


def test_a_csv_of_all_trials_holds_each_ones_rows_and_columns(parts, tmp_path):
    join_csv(tmp_path / "all.csv", parts)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "all.csv"), pd.concat(TABLES, ignore_index=True))


@pytest.mark.parametrize("rows_at_once", [1, 4, 1000])
def test_a_parquet_file_of_all_trials_is_the_same_whatever_is_held_at_once(rows_at_once, tmp_path, monkeypatch):
    monkeypatch.setattr(joined_tables, "ROWS_AT_ONCE", rows_at_once)
    tables = [pd.DataFrame({"trial": name, "clip": range(3), "probability": 0.5}) for name in "abcde"]
    paths = [tmp_path / f"{number}.parquet" for number in range(len(tables))]
    for table, path in zip(tables, paths):
        table.to_parquet(path, index=False)
    join_parquet(tmp_path / "all.parquet", paths)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "all.parquet"), pd.concat(tables, ignore_index=True))


def test_rows_of_an_earlier_version_join_those_with_a_column_more(tmp_path):
    before = pd.DataFrame({"trial": ["a", "a"], "clip": [0, 1]})
    now = pd.DataFrame({"trial": ["b"], "fold": pd.array([2], "Int64"), "clip": [0]})
    for tables in ((before, now), (now, before)):
        paths = [tmp_path / f"{number}.parquet" for number in range(len(tables))]
        for table, path in zip(tables, paths):
            table.to_parquet(path, index=False)
        join_parquet(tmp_path / "all.parquet", paths)
        joined = pd.read_parquet(tmp_path / "all.parquet")
        pd.testing.assert_frame_equal(joined, pd.concat(tables, ignore_index=True)[[*joined]], check_dtype=False)
        assert sorted(joined["fold"].dropna()) == [2]


def test_what_was_there_stays_where_a_part_cannot_be_read(parts, tmp_path):
    (tmp_path / "all.csv").write_text("before")
    with pytest.raises(OSError):
        join_csv(tmp_path / "all.csv", [*parts, tmp_path / "missing.csv"])
    assert (tmp_path / "all.csv").read_text() == "before"
    assert not list(tmp_path.glob(".*"))
