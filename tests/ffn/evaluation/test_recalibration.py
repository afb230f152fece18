import torch

import ffn
from ffn.data.loaders import EvaluationBatches, clip_loader
from ffn.evaluation.recalibration import recalibrated

CPU = torch.device("cpu")


def loader(clips, settings, count, batch_size):
    dataset = clips("train", settings)
    batches = EvaluationBatches(indices=range(len(dataset)), batch_size=batch_size, frame_counts=(count,))
    return clip_loader(dataset, batches)


def test_statistics_are_those_of_the_clips_and_parameters_stay(clips, tiny_settings):
    settings = tiny_settings()
    model = ffn.create_model("tsm_tiny", num_classes=12)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    adapted = recalibrated(model, loader(clips, settings, 4, batch_size=48), 4, CPU)
    whole = next(iter(loader(clips, settings, 4, batch_size=48))).normalised(4, CPU)
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
    adapted = [recalibrated(network, loader(clips, settings, 3, 16), 3, CPU)(clip) for network in (model, other)]
    assert torch.equal(*adapted)
