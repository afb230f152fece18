import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.report.table_formats import FORMATS


def test_the_path_of_the_report_is_printed(make_study, capsys):
    folder = make_study()
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out.strip() == str(folder / "report.html")


def test_the_report_goes_where_it_is_asked_for(make_study, tmp_path, capsys):
    assert main(["report", str(make_study()), "-o", str(tmp_path / "here.html")]) == 0
    assert Path(capsys.readouterr().out.strip()).exists()


@pytest.mark.parametrize(("options", "words"), [
    (["--plots", "recovery"], "--pictures"),
    (["--plots", "recovery", "phantom", "--pictures", "{}"], "no plot phantom"),
])  # fmt: skip
def test_pictures_that_cannot_be_drawn_are_refused_before_the_report_is_written(
    make_study, tmp_path, monkeypatch, capsys, options, words
):
    pytest.importorskip("kaleido")
    monkeypatch.setenv("BROWSER_PATH", sys.executable)  # none is started
    folder = make_study()
    assert main(["report", str(folder), *(option.format(tmp_path / "pictures") for option in options)]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert words in printed.err
    assert not (folder / "report.html").exists()
    assert not (tmp_path / "pictures").exists()


def test_a_folder_without_a_study_ends_with_one_line(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "study.json" in error


@pytest.mark.parametrize("cut", [slice(0, 3000), slice(3000, 9000)])
def test_damaged_predictions_end_with_one_line(make_study, capsys, cut):
    """Of one copy the start alone is there, of the other a part in the middle is not."""
    folder = make_study(predictions=True)
    path = folder / "predictions.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[cut] if cut.start == 0 else whole[: cut.start] + bytes(6000) + whole[cut.stop :])
    assert main(["report", str(folder)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "predictions.parquet: the predictions cannot be read" in error


def test_a_report_is_written_where_each_seed_could_not_read_another_clip(make_study):
    folder = make_study(seeds=(0, 1), predictions=True)
    rows = pd.read_parquet(folder / "predictions.parquet")
    unread = rows["trial"].str.endswith("seed0") & (rows["clip"] == 7)
    rows[~unread].to_parquet(folder / "predictions.parquet", index=False)
    assert main(["report", str(folder)]) == 0


def test_an_error_of_the_program_shows_where_it_arose(make_study, capsys, monkeypatch):
    monkeypatch.setitem(FORMATS, "markdown", lambda table: np.stack([np.zeros(2), np.zeros(3)]))
    with pytest.raises(ValueError, match="same shape"):
        main(["table", str(make_study())])


def test_an_unknown_command_is_unusable():
    with pytest.raises(SystemExit, match="2"):
        main(["draw"])


def test_analysis_needs_neither_ray_nor_torch_and_of_study_what_loads_neither():
    found = subprocess.run(
        [sys.executable, "-c", "import sys, analysis.__main__; print(*sys.modules)"], capture_output=True, text=True
    )
    loaded = set(found.stdout.split())
    assert not {"ray", "torch", "ffn"} & loaded
    of_study = {name for name in loaded if name.startswith("study")}
    assert of_study == {
        "study", "study.results", "study.results.published", "study.results.schema", "study.terminal",
    }  # fmt: skip


def test_tables_are_printed_in_every_format(make_study, capsys):
    folder = str(make_study())
    in_csv = ["--table", "9", "--format", "csv"]
    for options, words in (([], "| TSM (16) |"), (["--table", "1"], "The paper's Table 1"),
                           (["--format", "latex"], "toprule"), (in_csv, "method,top1_4")):  # fmt: skip
        assert main(["table", folder, *options]) == 0
        assert words in capsys.readouterr().out


def test_a_comparison_is_printed(make_study, capsys):
    folder = str(make_study())
    assert main(["compare", folder, folder]) == 0
    assert "The protocols agree" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["table", "{}"], ["compare", "{}", "{}"], ["compare", "{}"]])
def test_what_cannot_be_tabulated_or_compared_ends_with_one_line(write_tables, capsys, command):
    folder = str(write_tables())
    assert main([part.format(folder) for part in command]) == 2
    assert capsys.readouterr().err.count("\n") == 1
