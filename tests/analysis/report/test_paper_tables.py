import pytest

from analysis.comparison.report_data import gather
from analysis.report.paper_tables import NUMBERS, paper_table, study_table
from tests.analysis.paper_study import ARMS, PROTOCOL, SSV1, write_paper_study

PLAIN = {name: arm for name, arm in ARMS.items() if arm[0] == "tsm"}
TITLES = {
    "1": ["TSM", "Mixed, rho=0.50", "Mixed, rho=0.75", "Proportional, p=0.50", "Proportional, p=0.75", "Fine-tuning",
          "Ensemble", "Separated Training", "FFN"],
    "2": ["Separated Training", "FFN, 2 sequences", "FFN, 3 sequences", "FFN, 4 sequences"],
    "4": ["Separated Training", "FFN, without specialized normalization", "FFN, without weight alteration",
          "FFN, without temporal distillation", "FFN, without weight sharing", "FFN"],
    "9": ["TSM", "Separated Training", "FFN"],
}  # fmt: skip
COUNTS = {"1": (4, 8, 16), "2": (4, 8, 12, 16), "4": (4, 8, 16), "9": (4, 8, 16)}


@pytest.mark.parametrize("number", TITLES)
def test_the_papers_layout_is_kept_whatever_the_study_has(make_study, number):
    table = paper_table(gather(make_study()), number)
    assert [title for title, _ in table.rows] == TITLES[number]
    assert table.counts == COUNTS[number]


def test_a_study_fills_the_rows_that_it_has(full_report):
    comparison = full_report.comparisons[0]
    rows = dict(paper_table(full_report, "1").rows)
    assert rows["TSM"][4].measured == comparison.accuracy("TSM (16)", 4)
    assert rows["FFN"][8].measured == comparison.accuracy("FFN {4,8,16}", 8)
    assert rows["Separated Training"][4].measured == comparison.accuracy("Separated Training (4)", 4)
    assert rows["Separated Training"][16].measured == comparison.accuracy("TSM (16)", 16)
    assert all(cell.measured is None for cell in rows["Ensemble"].values())


def test_networks_that_the_paper_lacks_have_a_block_each_under_their_own_names(write_tables):
    """R(2+1)D is no TSM, and the transformer is there beside it."""
    models = ("r2plus1d_18", "swin3d_t")
    table = paper_table(gather(write_paper_study(write_tables, PLAIN, data=SSV1, models=models)), "1")
    titles = [title for title, _ in table.rows]
    assert len(titles) == 2 * len(TITLES["1"])
    assert [title for title in titles if "TSM" in title] == []
    rows = dict(table.rows)
    for backbone in models:
        assert rows[backbone][4].measured.value == 50
        assert rows[f"Separated Training, {backbone}"][8].measured.value == 50


def test_a_network_beside_the_papers_own_is_not_dropped_and_has_no_figures_of_the_papers(write_tables):
    models = ("{}_resnet50", "r2plus1d_18")
    rows = dict(paper_table(gather(write_paper_study(write_tables, PLAIN, data=SSV1, models=models)), "1").rows)
    assert rows["r2plus1d_18"][4].measured.value == 50
    assert rows["r2plus1d_18"][4].published is None
    assert rows["TSM, resnet50"][4].published is not None


def test_one_network_that_is_no_tsm_is_not_called_one(write_tables):
    table = paper_table(gather(write_paper_study(write_tables, PLAIN, models=("r2plus1d_18",))), "9")
    assert [title for title, _ in table.rows] == ["r2plus1d_18", "Separated Training", "FFN"]
    assert not table.compared


def test_ablations_find_their_rows(write_tables):
    arms = ARMS | {"a": ("ffn", "without SN", "4+8+16"), "b": ("ffn", "", "4+16")}
    report = gather(write_paper_study(write_tables, arms, data=SSV1))
    assert dict(paper_table(report, "4").rows)["FFN, without specialized normalization"][4].measured.value == 50
    two = dict(paper_table(report, "2").rows)["FFN, 2 sequences"]
    assert (two[4].measured.value, two[4].published, two[12].measured) == (50, 41.69, None)


def test_the_published_column_stands_beside_the_same_data_and_protocol(write_tables):
    table = paper_table(gather(write_paper_study(write_tables)), "9")
    rows = dict(table.rows)
    assert table.compared
    assert [rows["FFN"][count].published for count in (4, 8, 16)] == [56.07, 61.86, 63.61]
    assert "Something-Something V2" in table.caption


@pytest.mark.parametrize("changes", [{"protocol": PROTOCOL | {"crop_size": 112}}, {"split": "test"}])
def test_the_published_column_stands_nowhere_else(write_tables, changes):
    table = paper_table(gather(write_paper_study(write_tables, **changes)), "9")
    assert not table.compared
    assert "Published figures left out" in table.note


def test_figures_of_another_dataset_are_left_out_too(write_tables):
    table = paper_table(gather(write_paper_study(write_tables)), "1")
    assert not table.compared
    assert "no such figure on Something-Something V2" in table.note


def test_every_table_of_the_paper_can_be_laid_out(full_report):
    assert set(TITLES) <= set(NUMBERS)
    assert all(paper_table(full_report, number).rows for number in NUMBERS)
    with pytest.raises(ValueError, match="--table"):
        paper_table(full_report, "8")


def test_all_arms_of_a_study_at_all_counts(full_report):
    table = study_table(full_report)
    assert [title for title, _ in table.rows] == full_report.comparisons[0].arms
    assert table.titles == tuple(f"{count}×1×1" for count in (2, 4, 6, 8, 12, 16, 24))


@pytest.mark.parametrize(("seeds", "predictions", "words"), [
    ((0,), True, "One seed per arm. Brackets: 95 % intervals over clips alone."),
    ((0, 1), True, "Means over 2 seeds per arm. Brackets: 95 % intervals over seeds and clips."),
    ((0, 1), False, "Means over 2 seeds per arm. Brackets: 95 % intervals over seeds alone."),
])  # fmt: skip
def test_the_note_says_what_the_intervals_cover(make_study, seeds, predictions, words):
    assert words in study_table(gather(make_study(seeds=seeds, predictions=predictions))).note


def test_unequal_numbers_of_seeds_are_told(write_tables):
    rows = [{"trial": f"{frames}{seed}", "method": "tsm", "train_frames": frames, "eval_frames": 4, "lr": 0.1,
             "seed": seed, "split": "test", "selection": "last", "clips": 600, "top1": 50.0}
            for frames, seed in ((16, 0), (16, 1), (4, 0))]  # fmt: skip
    note = study_table(gather(write_tables(evaluations=rows))).note
    assert "1 to 2 seeds per arm. Brackets: 95 % intervals over seeds alone, of an arm with one seed over clips" in note


def test_the_note_explains_the_dash_where_there_is_one(write_tables, full_report):
    assert "–: not measured in this study." in paper_table(full_report, "1").note
    assert "–" not in study_table(full_report).note
    compared = paper_table(gather(write_paper_study(write_tables)), "9")
    assert all(cell.measured and cell.published for _, cells in compared.rows for cell in cells.values()) == (
        "–" not in compared.note
    )


def test_a_study_without_evaluations_names_the_file(write_tables):
    with pytest.raises(ValueError, match="evaluations.csv is absent or empty"):
        study_table(gather(write_tables()))
