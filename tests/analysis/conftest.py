"""Studies and their reports for tests: made ones, and tables of a test's own rows."""

import json

import pandas as pd
import pytest

from analysis import write_report
from analysis.comparison.report_data import gather
from study.results import schema
from tests.analysis.made_study import LEARNING_RATES, write_batchnorm, write_predictions, write_study

MAIN_PROTOCOL = {"sampling": "centre", "views": "1x1"}


@pytest.fixture
def make_study(tmp_path):
    """make_study(seeds=(0,), arms=all, predictions=False) writes a finished study and returns its folder."""

    def make(seeds=(0,), arms=tuple(LEARNING_RATES), predictions=False):
        folder = write_study(tmp_path / "demo", seeds, arms)
        if predictions:
            write_predictions(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def full_study(tmp_path_factory):
    """The folder of a study of three seeds with every table; only for reading."""
    folder = write_study(tmp_path_factory.mktemp("studies") / "full", (0, 1, 2), tuple(LEARNING_RATES))
    write_predictions(folder)
    write_batchnorm(folder)
    return folder


@pytest.fixture(scope="session")
def full_report(full_study):
    """What a report of the full study is made of; only for reading."""
    return gather(full_study)


@pytest.fixture(scope="session")
def full_page(full_study, tmp_path_factory):
    """The text of the full study's report."""
    return write_report(full_study, tmp_path_factory.mktemp("pages") / "full.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def plain_page(tmp_path_factory):
    """The text of the report of a study of one seed without predictions."""
    folder = write_study(tmp_path_factory.mktemp("studies") / "plain", (0,), tuple(LEARNING_RATES))
    return write_report(folder).read_text(encoding="utf-8")


@pytest.fixture
def write_tables(tmp_path):
    """write_tables(evaluations=[rows], ...) writes these rows: a missing column is NaN, protocol the main one."""

    def write(**tables):
        folder = tmp_path / "hand_made"
        folder.mkdir()
        (folder / "study.json").write_text(json.dumps({"name": "hand made"}))
        for name, rows in tables.items():
            known = getattr(schema, name.upper()).columns
            frame = pd.DataFrame(rows)
            if name == "evaluations":
                frame = frame.assign(**{column: frame.get(column, main) for column, main in MAIN_PROTOCOL.items()})
            columns = [*known, *frame.columns.difference(known)]
            frame.reindex(columns=columns).to_csv(folder / f"{name}.csv", index=False)
        return folder

    return write
