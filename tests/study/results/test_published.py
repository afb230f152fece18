import re

import pytest

from study.results.published import Measurement, published_arm, published_network

SSV2 = {"num_classes": 174, "clips": 24777}
PROTOCOL = {"split": "validation", "sampling": "centre", "views": "1x1", "crop_size": 224, "short_side": 256}
UNKNOWN = dict.fromkeys(("num_classes", "clips", *PROTOCOL))


def test_the_papers_figures_by_arm():
    assert published_arm("ssv2", "resnet50", "tsm", "16") == {4: 31.52, 8: 51.55, 16: 61.02}
    assert published_arm("ssv2", "resnet50", "ffn", "4+8+16") == {4: 56.07, 8: 61.86, 16: 63.61}
    assert published_arm("ssv1", "resnet50", "ffn", "4+8+16", "without SN") == {4: 35.79, 8: 46.8, 16: 44.62}
    assert published_arm("ssv1", "resnet50", "separated", "each")[12] == 47.71
    assert published_arm("ssv1", "resnet50", "ffn", "4+16")[8] == 37.93
    assert published_arm("ssv1", "resnet50", "finetune", "16->4") == {4: 39.95, 8: 40.37, 16: 28.96}
    assert published_arm("ssv1", "resnet50", "ensemble", "4+8+16")[16] == 46.82
    assert published_arm("ssv2", "resnet18", "tsm", "16") == {}


def test_a_tsm_of_another_count_is_separated_trainings_network():
    assert published_network("ssv2", "resnet50", "tsm", "16") == {4: 31.52, 8: 51.55, 16: 61.02}
    assert published_network("ssv2", "resnet50", "tsm", "4") == {4: 53.38}
    for wrong in [("tsm", "5"), ("tsm", "4", "wider"), ("ffn", "4"), ("tsm", "4+8")]:
        assert published_network("ssv2", "resnet50", *wrong) == {}


@pytest.mark.parametrize(("data", "dataset"), [
    ({"num_classes": 174, "clips": 11522}, "ssv1"), (SSV2, "ssv2"),
    ({"num_classes": 400, "clips": 19796}, "kinetics400"),
    ({"num_classes": 51, "clips": 1530}, "hmdb51"), ({"num_classes": 12}, None), ({}, None),
    ({"num_classes": 174, "clips": 600}, None),
])  # fmt: skip
def test_a_dataset_is_known_by_its_classes_and_clips(data, dataset):
    assert Measurement(**UNKNOWN | data).dataset == dataset


@pytest.mark.parametrize(("changes", "words"), [
    ({}, None),
    ({"num_classes": 12}, "another dataset"),
    ({"split": "test"}, "the test split"),
    ({"views": "1x3"}, r"views 1x3 \(the paper: 1x1\)"),
    ({"sampling": "segments"}, r"sampling segments \(the paper: centre\)"),
    ({"crop_size": None}, "crop size None"),
])  # fmt: skip
def test_published_figures_need_the_same_data_and_protocol(changes, words):
    reason = Measurement(**UNKNOWN | SSV2 | PROTOCOL | changes).disagreement
    if words is None:
        assert reason is None
    else:
        assert re.search(words, reason)
