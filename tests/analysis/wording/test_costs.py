import json

import pandas as pd
import pytest

from analysis.comparison.report_data import gather
from analysis.wording.costs import cost_sentences
from tests.analysis.made_study import add_retrofit


def sentences(folder):
    report = gather(folder)
    return cost_sentences(report.study, report.comparisons[0])


def test_the_best_arms_cost_stands_beside_the_baselines(make_study):
    folder = make_study()
    trials = pd.read_csv(folder / "trials.csv")
    seconds = trials["method"].map({"ffn": 300, "tsm": 100})
    trials.assign(seconds=seconds, machine="AMD EPYC, no GPU").to_csv(folder / "trials.csv", index=False)
    assert sentences(folder) == [
        "FFN {4,8,16} took 3.0 times the time of TSM (16) to train (5.0 min against 100 s on AMD EPYC, no GPU),"
        " and costs 0.016 · 10⁹ multiply-adds per clip at 4 frames against 0.064 · 10⁹ at 16."
    ]  # fmt: skip


@pytest.mark.parametrize("machines", [
    {"ffn": "AMD EPYC, no GPU", "tsm": "Xeon, NVIDIA H200"}, {"ffn": "", "tsm": ""},
    {"ffn": "AMD EPYC, no GPU; Xeon, NVIDIA H200", "tsm": "AMD EPYC, no GPU; Xeon, NVIDIA H200"},
])  # fmt: skip
def test_times_on_machines_that_differ_are_not_divided(make_study, machines):
    folder = make_study()
    trials = pd.read_csv(folder / "trials.csv")
    trials.assign(machine=trials["method"].map(machines)).to_csv(folder / "trials.csv", index=False)
    (sentence,) = sentences(folder)
    assert sentence.startswith("FFN {4,8,16} costs")


def test_the_time_of_a_network_that_starts_from_a_trained_one_comes_on_top(make_study):
    folder = add_retrofit(make_study(arms=(("tsm", "16"),), predictions=True))
    trials = pd.read_csv(folder / "trials.csv", keep_default_na=False)
    seconds = trials["seconds"].mask(trials["method"] == "retrofit", 42.1)
    trials.assign(seconds=seconds).to_csv(folder / "trials.csv", index=False)
    rows = pd.read_csv(folder / "evaluations.csv", keep_default_na=False)
    rows[rows["adaptation"] == ""].to_csv(folder / "evaluations.csv", index=False)
    record = json.loads((folder / "study.json").read_text())
    record["trials"].append({"name": "retrofit", "method": "retrofit", "start": "tsm_16_lr0.05_seed0"})
    (folder / "study.json").write_text(json.dumps(record))
    assert sentences(folder)[0].startswith(
        "Retrofit (4) took 0.5 times the time of TSM (16) to train, on top of the training of the network that it"
        " starts from (42 s against 84 s on EPYC 9654, NVIDIA H200)"
    )


def test_unknown_costs_are_not_told(make_study):
    folder = make_study(arms=(("tsm", "16"), ("ffn", "4+8+16")))
    for name, column in (("trials.csv", "seconds"), ("evaluations.csv", "gmacs_per_clip")):
        pd.read_csv(folder / name).assign(**{column: None}).to_csv(folder / name, index=False)
    assert sentences(folder) == []


def test_a_study_without_the_collapse_has_no_such_sentence(make_study):
    assert sentences(make_study(arms=(("ffn", "4+8+16"),))) == []
