import re

import pytest

from study.results.published import disagreement, published_arm, published_top1, study_dataset
from tests.analysis.paper_study import PROTOCOL, SSV1, SSV2


def test_the_papers_figures_by_arm():
    assert published_top1("ssv2", "resnet50", "tsm") == {4: 31.52, 8: 51.55, 16: 61.02}
    assert published_top1("ssv2", "resnet50", "ffn") == {4: 56.07, 8: 61.86, 16: 63.61}
    assert published_arm("ssv1", "resnet50", "ffn", "4+8+16", "without SN") == {4: 35.79, 8: 46.8, 16: 44.62}
    assert published_arm("ssv1", "resnet50", "separated", "each")[12] == 47.71
    assert published_arm("ssv1", "resnet50", "ffn", "4+16")[8] == 37.93
    assert published_arm("ssv1", "resnet50", "finetune", "16->4") == {4: 39.95, 8: 40.37, 16: 28.96}
    assert published_arm("ssv1", "resnet50", "ensemble", "4+8+16")[16] == 46.82
    assert published_arm("ssv2", "resnet18", "tsm", "16") == {}


@pytest.mark.parametrize(("data", "dataset"), [
    (SSV1, "ssv1"), (SSV2, "ssv2"), ({"num_classes": 400, "clips": {"validation": 19796}}, "kinetics400"),
    ({"num_classes": 51, "clips": {"validation": 1530}}, "hmdb51"), ({"num_classes": 12}, None), ({}, None),
    ({"num_classes": 174, "clips": {"validation": 600}}, None),
])  # fmt: skip
def test_a_dataset_is_known_by_its_classes_and_clips(data, dataset):
    assert study_dataset({"data": data}) == dataset


@pytest.mark.parametrize(("record", "split", "words"), [
    ({"data": SSV2, "protocol": PROTOCOL}, "validation", None),
    ({"data": {"num_classes": 12}, "protocol": PROTOCOL}, "validation", "another dataset"),
    ({"data": SSV2, "protocol": PROTOCOL}, "test", "the test split"),
    ({"data": SSV2, "protocol": PROTOCOL | {"crops": 3}}, "validation", r"crops 3 \(the paper: 1\)"),
    ({"data": SSV2}, "validation", "crop_size None"),
])  # fmt: skip
def test_published_figures_need_the_same_data_and_protocol(record, split, words):
    reason = disagreement(record, split)
    if words is None:
        assert reason is None
    else:
        assert re.search(words, reason)
