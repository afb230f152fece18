import copy

import pytest
import torch
from torch.optim.swa_utils import update_bn

import ffn
from ffn.data.loaders import ClipLoader, EvaluationBatches
from ffn.evaluation.recalibration import recalibrated

CPU = torch.device("cpu")


def loader(clips, settings, counts, batch_size):
    dataset = clips("train", settings)
    batches = EvaluationBatches(indices=range(len(dataset)), batch_size=batch_size, frame_counts=counts)
    return ClipLoader(dataset, batches)


def test_statistics_are_those_of_the_clips_and_parameters_stay(clips, tiny_settings):
    settings = tiny_settings()
    model = ffn.create_model("tsm_tiny", num_classes=12)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    adapted = recalibrated(model, loader(clips, settings, (4,), batch_size=48), (4,), CPU)[4]
    whole = next(iter(loader(clips, settings, (4,), batch_size=48))).normalised(4)
    first = model.backbone.conv1(whole.flatten(0, 1))
    torch.testing.assert_close(adapted.backbone.bn1.running_mean, first.mean((0, 2, 3)))
    torch.testing.assert_close(adapted.backbone.bn1.running_var, first.var((0, 2, 3)))
    parameters = dict(adapted.named_parameters())
    assert all(torch.equal(value, parameters[name]) for name, value in model.named_parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_answer_does_not_depend_on_the_statistics_before(clips, tiny_settings):
    settings = tiny_settings()
    model = ffn.create_model("tsm_tiny", num_classes=12)
    other = ffn.create_model("tsm_tiny", num_classes=12)
    other.load_state_dict(model.state_dict())
    for module in other.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
    clip = torch.randn(2, 3, 3, 48, 48)
    batches = loader(clips, settings, (3,), 16)
    adapted = [recalibrated(network, batches, (3,), CPU)[3](clip) for network in (model, other)]
    assert torch.equal(*adapted)


@pytest.mark.parametrize(("name", "counts"), [("tsm_tiny", {}), ("ffn_tiny", {"frame_counts": (2, 4)})])
def test_all_counts_in_one_pass_are_each_count_in_its_own(name, counts, clips, tiny_settings):
    settings = tiny_settings()
    model = ffn.create_model(name, num_classes=12, **counts)
    together = recalibrated(model, loader(clips, settings, (2, 3, 4, 6), 16), (2, 3, 4, 6), CPU)
    for count, found in together.items():
        alone = copy.deepcopy(model)
        update_bn((batch.normalised(count) for batch in loader(clips, settings, (count,), 16)), alone)
        expected = alone.state_dict()
        assert all(torch.equal(value, expected[key]) for key, value in found.state_dict().items())


def test_nothing_is_read_from_the_device_meanwhile(clips, tiny_settings):
    """The meta device has shapes and no values: reading one, such as the number of batches so far, raises."""
    model = ffn.create_model("ffn_tiny", num_classes=12, frame_counts=(2, 4)).to("meta")
    adapted = recalibrated(model, loader(clips, tiny_settings(), (2, 4), 16), (2, 4), torch.device("meta"))
    assert set(adapted) == {2, 4}
    assert not any(module._forward_pre_hooks for network in adapted.values() for module in network.modules())
