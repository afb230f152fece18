from analysis.comparison.report_data import gather
from analysis.wording.published_comparison import published_sentence
from tests.analysis.paper_study import PROTOCOL, write_paper_study


def sentence(folder):
    report = gather(folder)
    return published_sentence(report, report.comparisons[0])


def test_the_papers_figures_stand_beside_with_the_distance(write_tables):
    text = sentence(write_paper_study(write_tables))
    assert text.startswith("Published on Something-Something V2 with the same protocol (arXiv 2303.14817): TSM 31.52")
    assert "TSM 31.52 at 4 frames (+18.5 here)" in text
    assert "FFN 56.07 at 4 frames (−6.1 here)" in text


def test_else_the_reason_stands_there(write_tables):
    text = sentence(write_paper_study(write_tables, protocol=PROTOCOL | {"crop_size": 112}))
    assert text.startswith("No published figures are shown beside these: the protocol differs")
    assert "31.52" not in text


def test_arms_that_the_paper_does_not_have_are_no_comparison(write_tables):
    arms = {"a": ("ffn", "wider", "4+8+16")}
    assert "has no arm of this study" in sentence(write_paper_study(write_tables, arms))
