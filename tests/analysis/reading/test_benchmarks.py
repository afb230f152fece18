import json

import pytest

from analysis import write_report
from analysis.comparison.report_data import gather
from analysis.plots.benchmarks import benchmarks_plot
from analysis.reading.benchmarks import number, read_benchmarks
from analysis.reading.study_error import StudyError

ROWS = """benchmark,variant,value,unit,ratio,floor
"clips, one process",earlier,8.77,clips/CPU s,1.0,65.2
"clips, one process",ours,52.6,clips/CPU s,6.0,65.2
"tables, by trials","10,000",15400,CPU s,1.02,
"""
RECORD = {
    "hardware": {"cpu": "EPYC", "cores": 2, "memory_gib": 24, "gpus": []},
    "versions": {"torch": "2.14.1"},
    "load_before": [0.1, 0.2, 0.3],
}


@pytest.fixture
def measured_study(make_study):
    folder = make_study()
    (folder / "benchmarks.csv").write_text(ROWS)
    (folder / "benchmarks.json").write_text(json.dumps(RECORD))
    return folder


def test_benchmarks_in_a_studys_folder_stand_in_its_report(measured_study):
    page = write_report(measured_study).read_text()
    assert "EPYC, 2 cores, no GPU; torch 2.14.1; load 0.1 at the start" in page
    assert "<td>15,400</td>" in page


def test_a_benchmark_is_a_view_with_its_floor(measured_study):
    views = benchmarks_plot(gather(measured_study)).views
    assert list(views) == ["clips, one process (clips/CPU s)", "tables, by trials (CPU s)"]
    figure = views["clips, one process (clips/CPU s)"]
    assert list(figure.data[0].text) == ["8.77 (1 times)", "52.6 (6 times)"]
    assert figure.layout.shapes[0].x0 == 65.2
    assert not views["tables, by trials (CPU s)"].layout.shapes


def test_a_study_without_benchmarks_has_none(make_study):
    folder = make_study()
    assert read_benchmarks(folder) is None
    assert benchmarks_plot(gather(folder)).views == {}


@pytest.mark.parametrize("breaks", ["column", "record"])
def test_files_that_break_the_contract_are_named(measured_study, breaks):
    if breaks == "column":
        (measured_study / "benchmarks.csv").write_text(ROWS.replace("ratio", "times"))
    else:
        (measured_study / "benchmarks.json").unlink()
    with pytest.raises(StudyError, match=r"benchmarks.csv: .*python -m experiments.benchmarks --out"):
        gather(measured_study)


@pytest.mark.parametrize(("value", "text"), [(999.4, "999"), (999.6, "1,000"), (1253.4, "1,253"), (0.01234, "0.0123"),
                                             (float("nan"), "")])  # fmt: skip
def test_numbers_have_no_exponent(value, text):
    assert number(value) == text
