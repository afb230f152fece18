import pandas as pd

from analysis.comparison.report_data import gather
from analysis.wording.costs import cost_sentences


def sentences(folder):
    report = gather(folder)
    return cost_sentences(report.study, report.comparisons[0])


def test_the_best_arms_cost_stands_beside_the_baselines(make_study):
    folder = make_study()
    trials = pd.read_csv(folder / "trials.csv")
    trials.assign(seconds=trials["method"].map({"ffn": 300, "tsm": 100})).to_csv(folder / "trials.csv", index=False)
    assert sentences(folder) == [
        "FFN {4,8,16} took 3.0 times the time of TSM (16) to train (5.0 min against 100 s on this study's machines),"
        " and costs 0.016 · 10⁹ multiply-adds per clip at 4 frames against 0.064 · 10⁹ at 16."
    ]  # fmt: skip


def test_unknown_costs_are_not_told(make_study):
    folder = make_study(arms=(("tsm", "16"), ("ffn", "4+8+16")))
    for name, column in (("trials.csv", "seconds"), ("evaluations.csv", "gmacs_per_clip")):
        pd.read_csv(folder / name).assign(**{column: None}).to_csv(folder / name, index=False)
    assert sentences(folder) == []


def test_a_study_without_the_collapse_has_no_such_sentence(make_study):
    assert sentences(make_study(arms=(("ffn", "4+8+16"),))) == []
