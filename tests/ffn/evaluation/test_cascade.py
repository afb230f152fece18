import pytest
import torch
from torch import nn

import ffn
from ffn import Cascade

COUNTS = (2, 4, 8)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = ffn.create_model("ffn_tiny", num_classes=12, frame_counts=COUNTS).eval()
    nn.init.normal_(model.classifier.weight, std=0.5)  # answers of many degrees of confidence
    return model


@pytest.fixture(scope="module")
def clips():
    generator = torch.Generator().manual_seed(1)
    return {count: torch.randn(16, count, 3, 32, 32, generator=generator) for count in COUNTS}


class Asked(dict):
    """Clips that remember for which counts they were asked."""

    def __init__(self, clips):
        super().__init__(clips)
        self.counts = []

    def __getitem__(self, count):
        self.counts.append(count)
        return super().__getitem__(count)


@pytest.fixture(scope="module")
def distributions(model, clips):
    with torch.inference_mode():
        return {count: model(clips[count]).softmax(dim=1) for count in COUNTS}


def cascade(model, threshold, **options):
    return Cascade(dict.fromkeys(COUNTS, model), threshold, **options)


def test_a_clip_stops_at_the_first_count_that_is_sure(model, clips, distributions):
    threshold = float(distributions[4].max(dim=1).values.median())
    answer = cascade(model, threshold)(clips)
    assert len({*answer.frame_counts.tolist()}) > 1
    for place, stopped in enumerate(answer.frame_counts.tolist()):
        sure = [count for count in COUNTS if distributions[count][place].max() >= threshold]
        assert stopped == (sure[0] if sure else COUNTS[-1])
        torch.testing.assert_close(answer.probabilities[place], distributions[stopped][place])


@pytest.mark.parametrize(("threshold", "count"), [(0.0, 2), (1.0, 8)])
def test_the_ends_of_the_threshold_are_the_first_and_the_last_count(threshold, count, model, clips, distributions):
    asked = Asked(clips)
    answer = cascade(model, threshold)(asked)
    assert answer.frame_counts.tolist() == [count] * 16
    torch.testing.assert_close(answer.probabilities, distributions[count])
    assert asked.counts == [each for each in COUNTS if each <= count]  # larger clips are not even asked for


def test_averaged_answers_are_the_means_of_those_so_far(model, clips, distributions):
    answer = cascade(model, 1.0, averaging=True)(clips)
    torch.testing.assert_close(answer.probabilities, torch.stack([*distributions.values()]).mean(dim=0))


def test_the_order_of_the_networks_does_not_matter(model, clips):
    one, other = (Cascade({count: model for count in counts}, 0.5) for counts in (COUNTS, COUNTS[::-1]))
    assert torch.equal(one(clips).probabilities, other(clips).probabilities)


def test_exported_networks_are_the_same_cascade(model, clips, distributions, tmp_path):
    """Also where one clip alone is not sure, and asked of an export that was made with several."""
    threshold = float(distributions[2].max(dim=1).values.sort().values[1])
    exported = {}
    for count in (2, 4):
        ffn.export_sub_network(model, count, size=32, path=tmp_path / f"{count}.pt2")
        exported[count] = torch.export.load(tmp_path / f"{count}.pt2").module()
    found, expected = Cascade(exported, threshold)(clips), Cascade(dict.fromkeys((2, 4), model), threshold)(clips)
    assert found.frame_counts.tolist() == expected.frame_counts.tolist()
    assert found.frame_counts.tolist().count(4) == 1
    torch.testing.assert_close(found.probabilities, expected.probabilities, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("counts", "threshold", "named"), [((), 0.5, "networks"), ((0, 4), 0.5, "networks"), ((4,), 1.5, "threshold")]
)
def test_what_is_no_cascade_is_refused_with_the_arguments_name(counts, threshold, named, model):
    with pytest.raises(ValueError, match=named):
        Cascade(dict.fromkeys(counts, model), threshold)
