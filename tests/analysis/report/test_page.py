import re

import numpy as np
import pandas as pd
import pytest
from plotly.offline import get_plotlyjs

from analysis import StudyError, write_report


def page(folder):
    """The text of a study's report."""
    return write_report(folder).read_text(encoding="utf-8")


def without_library(text):
    return text.replace(get_plotlyjs(), "")


def test_the_report_lies_in_the_study_or_where_it_is_asked_for(make_study, tmp_path):
    folder = make_study()
    assert write_report(folder) == folder / "report.html"
    assert write_report(folder, tmp_path / "other.html").exists()


def test_the_report_carries_its_library_once_and_stays_small(full_page):
    assert full_page.count(get_plotlyjs()) == 1
    assert len(full_page) < 10e6


def test_nothing_is_fetched_from_elsewhere(full_page):
    html = without_library(full_page)
    assert not re.findall(r"https?://|//cdn", html)
    assert not re.findall(r"(?:src|href)\s*=\s*[\"'](?!#)|@import|url\(", html)
    assert "default-src 'none'" in html


def test_texts_from_the_tables_cannot_become_markup(make_study):
    folder = make_study()
    trials = pd.read_csv(folder / "trials.csv").assign(status="failed", reason="</script><script>alert(1)</script>")
    trials["variant"] = "<img>"
    trials.to_csv(folder / "trials.csv", index=False)
    html = without_library(page(folder))
    assert "<script>alert" not in html
    assert "<img>" not in html


def test_every_part_of_a_finished_study_is_there(plain_page):
    html = without_library(plain_page)
    for title in ("The collapse", "The recovery", "Learning rate by frame set", "Learning curves", "Gap and recovery",
                  "Paired differences", "Last and best epoch", "All results", "Trials", "Provenance",
                  "Run it again"):  # fmt: skip
        assert title in html
    for fact in (
        "python -m study run experiments/demo.py",
        "0123456789",
        "torch 2.14.1",
        "9f2c1a7b",
        "2 cores",
        "EPYC 9654, NVIDIA H200 (4 trials); 2 x EPYC 9654, NVIDIA H200 (2 trials)",
    ):
        assert fact in html


def test_a_study_that_has_only_begun_gets_a_report(write_tables):
    html = without_library(page(write_tables()))
    assert "No trial has been evaluated yet." in html
    assert "evaluations.csv is absent or empty" in html
    assert 'class="plot"' not in html


@pytest.mark.parametrize("lost", [
    {"trials.csv": None}, {"trials.csv": "header", "epochs.csv": ""}, {"epochs.csv": "header"},
    {"evaluations.csv": None}, {"evaluations.csv": "header"},
], ids=str)  # fmt: skip
def test_any_table_may_be_absent_or_empty(make_study, lost):
    folder = make_study()
    for name, content in lost.items():
        header = (folder / name).read_text().splitlines()[0] + "\n"
        (folder / name).unlink()
        if content is not None:
            (folder / name).write_text(content and header)
    html = page(folder)
    for name in lost:
        assert f"{name} is absent or empty" in html


@pytest.mark.parametrize("arm", [("tsm", "16"), ("tsm", "4"), ("ffn", "4+8+16")])
def test_a_study_of_one_arm_gets_a_report(make_study, arm):
    assert "Provenance" in page(make_study(arms=(arm,)))


def test_a_study_whose_trials_all_failed_says_why(write_tables):
    folder = write_tables(trials=[{"trial": "tsm16", "method": "tsm", "model": "tsm_tiny", "train_frames": "16",
                                   "status": "failed", "reason": "loss is not finite at step 12"}])  # fmt: skip
    html = page(folder)
    assert "1 of 1 trials have not finished (1 failed)" in html
    assert "loss is not finite at step 12" in html


def test_a_running_study_shows_what_has_been_evaluated(make_study):
    folder = make_study()
    table = pd.read_csv(folder / "evaluations.csv")
    table[table["method"] != "ffn"].to_csv(folder / "evaluations.csv", index=False)
    trials = pd.read_csv(folder / "trials.csv")
    trials["status"] = trials["status"].mask(trials["method"] == "ffn", "running")
    trials.to_csv(folder / "trials.csv", index=False)
    html = page(folder)
    assert "TSM trained at 16 frames collapses at 4; Re-calibrated TSM (16) makes up" in html
    assert "2 of 6 trials have not finished" in html


def test_several_backbones_each_get_their_section(write_tables):
    trials = [{"trial": f"{method}-{backbone}", "model": f"{method}_{backbone}", "method": method, "status": "finished",
               "train_frames": frames} for backbone in ("resnet18", "resnet50")
              for method, frames in (("tsm", "16"), ("ffn", "4+16"))]  # fmt: skip
    rows = [{**trial, "eval_frames": count, "lr": 0.1, "seed": 0, "split": "test", "selection": "last", "clips": 600,
             "top1": 40.0 if (trial["method"], count) == ("tsm", 4) else 90.0}
            for trial in trials for count in (4, 16)]  # fmt: skip
    html = page(write_tables(trials=trials, evaluations=rows))
    assert "Gap and recovery: resnet18" in html
    assert "Gap and recovery: resnet50" in html


def test_every_plot_can_be_saved_and_is_named_in_the_contents(full_page):
    html = without_library(full_page)
    plots = re.findall(r'<div class="plot" id="([\w-]+)"', html)
    assert len(plots) == 17
    for plot in plots:
        assert f'<a href="#{plot}-title">' in html
        assert html.count(f'class="downloads" data-of="{plot}"') == 1
        assert f'<script type="application/json" data-plot="{plot}">' in html
    saved = [html.count(f'data-format="{kind}"') for kind in ("csv", "png", "svg")]
    assert saved == [len(plots)] * 3


def test_what_is_shown_is_named_where_there_is_no_other_choice(make_study):
    html = without_library(page(make_study(arms=(("tsm", "8"),))))
    assert '<p class="choice">accuracy at: 8 frames</p>' in html
    assert "<option>top-1 (%)</option>" in html
    assert "backbone:" not in html


def test_a_study_of_ten_thousand_trials_keeps_to_the_best(write_tables):
    number = np.arange(10_000)
    trials = pd.DataFrame({"trial": [f"trial{place}" for place in number], "method": np.where(number % 2, "ffn", "tsm"),
                           "model": np.where(number % 2, "ffn_tiny", "tsm_tiny"), "seed": 0, "status": "finished",
                           "train_frames": np.where(number % 2, "4+16", "16"), "lr": 10 ** (-1 - number / 10_000),
                           "setting": [f"weight_decay{place}" for place in number]})  # fmt: skip
    epochs = trials[["trial"]].assign(epoch=1, validation_top1_4=number / 100, validation_top1_16=number / 100)
    shown = {"split": "test", "selection": "last", "clips": 100}
    rows = pd.concat([trials.assign(eval_frames=count, top1=top1, **shown) for count, top1 in ((4, 20.0), (16, 90.0))])
    html = without_library(page(write_tables(trials=trials, epochs=epochs, evaluations=rows)))
    assert len(html) < 1e6
    assert "trial9999" in html
    assert "9,850 more are in" in html


def test_without_a_study_nothing_is_written(tmp_path):
    with pytest.raises(StudyError):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []
