import numpy as np
import pandas as pd
import pytest

from analysis.comparison.report_data import gather
from analysis.plots.confusions import confusion_paths_plot, confusion_table, confusions_plot, largest_confusions
from tests.analysis.made_study import write_predictions
from tests.analysis.plots.figures import first


def test_every_row_is_the_whole_of_a_class(full_plots):
    shares = np.array(first(full_plots["confusions"]).data[0].z)
    assert shares.shape == (12, 12)
    assert shares.sum(axis=1) == pytest.approx(100, abs=0.6)


def test_it_opens_with_the_collapsed_network(full_plots):
    assert list(full_plots["confusions"].views) == ["TSM (16) at 4 frames", "FFN {4,8,16} at 4 frames",
                                                    "TSM (16) at 16 frames"]  # fmt: skip


def test_a_path_has_the_share_that_the_matrix_has(full_plots):
    for name, view in full_plots["confusion-paths"].views.items():
        matrix = full_plots["confusions"].views[name].data[0]
        shares = dict(zip(matrix.y, matrix.z))
        paths = view.data[0]
        predicted = [label.split(":")[0] for label in paths.node.label]
        for source, target, value in zip(paths.link.source, paths.link.target, paths.link.value):
            place = list(matrix.x).index(predicted[target])
            assert shares[paths.node.label[source]][place] == pytest.approx(value, abs=0.06)


def test_no_path_leads_from_a_class_to_itself(full_plots):
    for table in full_plots["confusion-paths"].tables.values():
        assert len(table)
        assert (table["class"] != table["predicted"]).all()


def test_of_many_classes_the_largest_confusions_are_shown():
    shares = pd.DataFrame(np.eye(50) * 100)
    shares.loc[3, 7], shares.loc[3, 3] = 60.0, 40.0
    shares.loc[8, 9], shares.loc[8, 8] = 4.0, 96.0
    table = largest_confusions(confusion_table(shares, {}))
    assert table.to_numpy().tolist() == [["class 3", "class 7", 60.0]]


def test_of_many_confusions_the_first_twenty_five_are_shown():
    shares = pd.DataFrame(np.eye(50) * 40 + np.roll(np.eye(50), 1, axis=1) * np.linspace(50, 60, 50))
    table = largest_confusions(confusion_table(shares, {}))
    assert len(table) == 25
    assert table["percent"].iloc[0] == 60
    assert table["percent"].is_monotonic_decreasing


def test_of_many_classes_there_are_paths_and_no_matrix(make_study, monkeypatch):
    monkeypatch.setattr("tests.analysis.made_study.CLASSES", [f"class {number}" for number in range(60)])
    folder = make_study()
    write_predictions(folder)
    report = gather(folder)
    assert confusions_plot(report).tables == {}
    assert 0 < len(next(iter(confusion_paths_plot(report).tables.values()))) <= 25


def test_frames_of_both_classes_of_the_largest_confusions_stand_below(make_study):
    folder = make_study(predictions=True)
    assert confusion_paths_plot(gather(folder)).examples == ()
    (folder / "examples").mkdir()
    for number in range(12):
        (folder / "examples" / f"{number}.jpg").write_bytes(b"picture")
    plot = confusion_paths_plot(gather(folder))
    largest = next(iter(plot.tables.values())).iloc[0]
    captions = [example.caption for example in plot.examples]
    assert captions[0].startswith(f"{largest['class']}: {largest['percent']:.0f} % taken for {largest['predicted']}")
    assert any(caption.startswith(largest["predicted"]) for caption in captions[1:])
